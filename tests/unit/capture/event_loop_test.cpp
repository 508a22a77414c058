#include "capture/event_loop.h"

#include <array>
#include <csignal>

#include <gtest/gtest.h>
#include <unistd.h>

namespace perfscope::capture {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class EventLoopTest : public ::testing::Test {
 protected:
  // No test may wait forever.
  void SetUp() override {
    ASSERT_TRUE(loop_.after(std::chrono::seconds(20), [this] { loop_.stop(); }));
  }

  EventLoop loop_ = std::move(*EventLoop::create());
};

TEST_F(EventLoopTest, TicksUntilStopped) {
  int ticks = 0;
  auto begin = Clock::now();
  ASSERT_TRUE(loop_.every(milliseconds(5), [&] {
    if (++ticks == 4) loop_.stop();
  }));
  ASSERT_TRUE(loop_.run());
  EXPECT_EQ(ticks, 4);
  EXPECT_GE(Clock::now() - begin, milliseconds(20));
}

TEST_F(EventLoopTest, CallsOnceAfterADelay) {
  int calls = 0;
  ASSERT_TRUE(loop_.after(milliseconds(5), [&] { ++calls; }));
  ASSERT_TRUE(loop_.after(milliseconds(60), [&] { loop_.stop(); }));
  ASSERT_TRUE(loop_.run());
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, HandlesReadableDescriptors) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::string got;
  ASSERT_TRUE(loop_.watch(ends[0], [&] {
    char byte = 0;
    if (::read(ends[0], &byte, 1) == 1) got += byte;
    if (got == "ab") loop_.stop();
  }));
  ASSERT_EQ(::write(ends[1], "ab", 2), 2);
  ASSERT_TRUE(loop_.run());
  EXPECT_EQ(got, "ab");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(EventLoopTest, DoesNothingMoreOnceStopped) {
  int calls = 0;
  ASSERT_TRUE(loop_.after(milliseconds(1), [&] { ++calls, loop_.stop(); }));
  ASSERT_TRUE(loop_.after(milliseconds(1), [&] { ++calls, loop_.stop(); }));
  ::usleep(5000);  // both are due
  ASSERT_TRUE(loop_.run());
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, TellsSignalsOfProcesses) {
  std::vector<std::pair<int, bool>> caught;
  ASSERT_TRUE(loop_.on_signals({SIGUSR1, SIGUSR2}, [&](int signal, bool from_process) {
    caught.emplace_back(signal, from_process);
    if (caught.size() == 2) loop_.stop();
  }));
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  ASSERT_EQ(::kill(::getpid(), SIGUSR2), 0);
  ASSERT_TRUE(loop_.run());
  EXPECT_EQ(caught, (std::vector<std::pair<int, bool>>{{SIGUSR1, true}, {SIGUSR2, true}}));
}

TEST_F(EventLoopTest, RefusesWhatCannotBeWatched) {
  Status bad = loop_.watch(-1, [] {});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ErrorCode::kFailed);
}

}  // namespace
}  // namespace perfscope::capture
