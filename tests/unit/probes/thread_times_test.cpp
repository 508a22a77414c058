// From running sums to ledger entries: every nanosecond once.
#include "probes/thread_times.h"

#include <cstring>

#include <gtest/gtest.h>

#include "unit/capture/fake_files.h"

namespace perfscope::probes {
namespace {

class ThreadTimesTest : public ::testing::Test {
 protected:
  ThreadTimesTest() { builder_.begin_slice(0); }

  static ps_thread_record record(uint32_t state, uint64_t since, uint64_t now, uint64_t on_cpu,
                                 uint64_t runnable, uint64_t blocked, uint32_t tid = 42,
                                 uint32_t exec_id = 1) {
    ps_thread_record r{};
    r.thread.process = {77, 42, exec_id};
    r.thread.tid = tid;
    r.thread.state = state;
    r.thread.since_ns = since;
    r.thread.state_ns[PS_ON_CPU] = on_cpu;
    r.thread.state_ns[PS_RUNNABLE] = runnable;
    r.thread.state_ns[PS_BLOCKED] = blocked;
    r.now_ns = now;
    std::strcpy(r.comm, "worker");
    return r;
  }

  // "on_cpu+runnable+blocked" of what was added since the last call.
  std::string added() {
    std::array<uint64_t, 3> sums{};
    for (const model::LedgerEntry& entry : builder_.profile().ledger)
      sums.at(static_cast<std::size_t>(entry.state)) += entry.ns;
    builder_.profile().ledger.clear();
    return std::to_string(sums[0]) + "+" + std::to_string(sums[1]) + "+" + std::to_string(sums[2]);
  }

  testing::FakeFiles proc_;
  model::Builder builder_;
  capture::ProcessTable processes_{builder_, proc_.path()};
  symbolizer::KernelSymbols kernel_{proc_.path()};
  capture::StackStore stacks_{builder_, processes_, kernel_};
  capture::Collector collector_{builder_, processes_, stacks_};
  ThreadTimes times_;
};

TEST_F(ThreadTimesTest, AddsTheOpenStretchAndThenOnlyWhatGrew) {
  times_.add(record(PS_ON_CPU, 100, 130, 10, 5, 7), collector_);
  EXPECT_EQ(added(), "40+5+7");
  // It ran on to 150, then blocked until now.
  times_.add(record(PS_BLOCKED, 150, 200, 60, 5, 7), collector_);
  EXPECT_EQ(added(), "20+0+50");
  times_.add(record(PS_BLOCKED, 150, 200, 60, 5, 7), collector_);
  EXPECT_EQ(added(), "0+0+0");
  times_.add(record(PS_BLOCKED, 150, 300, 60, 5, 7), collector_);
  EXPECT_EQ(added(), "0+0+100");
  times_.add(record(PS_RUNNABLE, 310, 320, 60, 5, 167), collector_);
  EXPECT_EQ(added(), "0+10+10");
}

TEST_F(ThreadTimesTest, SkipsEntriesOfNothing) {
  times_.add(record(PS_ON_CPU, 100, 130, 0, 0, 0), collector_);
  EXPECT_EQ(builder_.profile().ledger.size(), 1U);
}

TEST_F(ThreadTimesTest, TakesNoOpenStretchFromTheFuture) {
  times_.add(record(PS_ON_CPU, 200, 130, 10, 0, 0), collector_);
  EXPECT_EQ(added(), "10+0+0");
}

TEST_F(ThreadTimesTest, TakesNoOpenStretchOfAnEndedThread) {
  times_.add_last(record(PS_ENDED, 100, 500, 10, 20, 30), collector_);
  EXPECT_EQ(added(), "10+20+30");
}

TEST_F(ThreadTimesTest, StartsAgainAfterTheLastRecord) {
  times_.add(record(PS_ON_CPU, 0, 0, 100, 0, 0), collector_);
  added();
  times_.add_last(record(PS_ENDED, 0, 0, 150, 0, 0), collector_);
  EXPECT_EQ(added(), "50+0+0");
  times_.add(record(PS_ON_CPU, 0, 0, 7, 0, 0), collector_);
  EXPECT_EQ(added(), "7+0+0");
}

TEST_F(ThreadTimesTest, TakesShrinkingSumsForANewThread) {
  times_.add(record(PS_ON_CPU, 0, 0, 1000, 1000, 1000), collector_);
  added();
  times_.add(record(PS_ON_CPU, 0, 0, 10, 20, 30), collector_);
  EXPECT_EQ(added(), "10+20+30");
}

TEST_F(ThreadTimesTest, KeepsThreadsAndImagesApart) {
  times_.add(record(PS_ON_CPU, 0, 0, 10, 0, 0, 42, 1), collector_);
  times_.add(record(PS_ON_CPU, 0, 0, 10, 0, 0, 43, 1), collector_);
  times_.add(record(PS_ON_CPU, 0, 0, 10, 0, 0, 42, 2), collector_);
  EXPECT_EQ(added(), "30+0+0");
  EXPECT_EQ(builder_.profile().threads.size(), 3U);
  EXPECT_EQ(builder_.profile().threads[0].name, "worker");
}

}  // namespace
}  // namespace perfscope::probes
