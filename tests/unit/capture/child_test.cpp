#include "capture/child.h"

#include <csignal>
#include <filesystem>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/capture/fake_files.h"

namespace perfscope::capture {
namespace {

int run(const std::vector<std::string>& command) {
  Result<Child> child = Child::start(command);
  EXPECT_TRUE(child);
  Status released = child->release();
  EXPECT_TRUE(released) << released.error().message();
  return child->wait();
}

TEST(Child, GivesItsExitCode) {
  EXPECT_EQ(run({"true"}), 0);
  EXPECT_EQ(run({"sh", "-c", "exit 7"}), 7);
  EXPECT_EQ(run({"sh", "-c", "exit 255"}), 255);
  EXPECT_EQ(run({"sh", "-c", "kill -TERM $$"}), 128 + SIGTERM);
  EXPECT_EQ(run({"test", "a b", "=", "a b"}), 0) << "arguments stay whole";
}

TEST(Child, WaitsToBeReleased) {
  testing::FakeFiles folder;
  Result<Child> child = Child::start({"touch", folder.path("ran")});
  ASSERT_TRUE(child);
  EXPECT_GT(child->pid(), 0);
  ::usleep(50'000);
  EXPECT_FALSE(std::filesystem::exists(folder.path("ran")));
  ASSERT_TRUE(child->release());
  EXPECT_EQ(child->wait(), 0);
  EXPECT_EQ(child->wait(), 0) << "again";
  EXPECT_TRUE(std::filesystem::exists(folder.path("ran")));
}

TEST(Child, ShowsItsEndOnADescriptor) {
  Result<Child> child = Child::start({"true"});
  ASSERT_TRUE(child->release());
  pollfd end{child->exit_fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&end, 1, 20'000), 1);
  EXPECT_EQ(child->wait(), 0);
}

TEST(Child, ReportsCommandsThatCannotRun) {
  testing::FakeFiles folder;
  folder.put("text", "not executable");
  const std::pair<std::string, int> kCases[] = {{"/nonexistent/command", 127},
                                                {"no-such-command-anywhere", 127},
                                                {folder.path("text"), 126},
                                                {folder.path(""), 126}};
  for (const auto& [name, code] : kCases) {
    Result<Child> child = Child::start({name});
    ASSERT_TRUE(child);
    Status released = child->release();
    ASSERT_FALSE(released) << name;
    EXPECT_EQ(released.error().code(), ErrorCode::kNoTarget);
    EXPECT_NE(released.error().message().find("cannot run '" + name + "'"), std::string::npos);
    EXPECT_EQ(child->wait(), code) << name;
  }
}

TEST(Child, TakesSignals) {
  Result<Child> child = Child::start({"sleep", "60"});
  ASSERT_TRUE(child->release());
  child->send(SIGINT);
  EXPECT_EQ(child->wait(), 128 + SIGINT);
  child->send(SIGKILL);  // nobody's by now: must not be sent
}

// Ctrl-C while probes load ends the child that waits; perfscope must not follow it by SIGPIPE.
TEST(Child, ThatDiedBeforeItsReleaseIsAnError) {
  Result<Child> child = Child::start({"true"});
  ASSERT_EQ(::kill(child->pid(), SIGKILL), 0);
  EXPECT_EQ(child->wait(), 128 + SIGKILL);
  Status released = child->release();
  ASSERT_FALSE(released);
  EXPECT_NE(released.error().message().find("start true"), std::string::npos);
}

TEST(Child, EndsWithItsParentWhenNeverReleased) {
  int pid = 0;
  {
    Result<Child> child = Child::start({"sleep", "60"});
    pid = child->pid();
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status));
}

}  // namespace
}  // namespace perfscope::capture
