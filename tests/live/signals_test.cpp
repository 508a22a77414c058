// How recordings end: by signals, by the command's end, by the end of the target.
#include <csignal>
#include <optional>

#include <gtest/gtest.h>

#include "live/truth.h"
#include "support/kernel_objects.h"
#include "support/recordings.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

class Signals : public testing::Test {
 protected:
  double slices() const { return number(file_, "SELECT count(*) FROM slices"); }

  // A recording in the background that has stored a few slices.
  void start(const Command& more = {}) {
    Command command{"record", "--slice", "100ms", "-o", file_};
    command.insert(command.end(), more.begin(), more.end());
    recorder_.emplace(perfscope(command));
    // Nobody else may read the file now, but it can be seen to grow.
    std::size_t grown = 0;
    for (std::size_t bytes = 0; grown < 5; ++grown) {
      std::size_t before = bytes;
      ASSERT_TRUE(eventually([&] { return (bytes = read_all(file_).size()) > before; }))
          << recorder_->err();
    }
  }

  void expect_complete() const {
    EXPECT_EQ(report(file_).at("facts").at("recording.complete"), "yes");
    EXPECT_EQ(read_all(file_ + "-journal"), "");
    EXPECT_GE(slices(), 2);
  }

  TempFolder folder_;
  std::string file_ = folder_.path("x.perfscope");
  std::optional<Background> recorder_;
};

TEST_F(Signals, InterruptAndTerminateEndARecordingWithACompleteFile) {
  for (int signal : {SIGINT, SIGTERM}) {
    ASSERT_NO_FATAL_FAILURE(start());
    recorder_->send(signal);
    CommandResult ended = recorder_->wait();
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_FALSE(ended.timed_out);
    expect_complete();
  }
}

// The command gets the signal too; its exit code is what record returns.
TEST_F(Signals, TerminateReachesTheCommand) {
  ASSERT_NO_FATAL_FAILURE(
      start({"--", "sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.01; done"}));
  recorder_->send(SIGTERM);
  CommandResult ended = recorder_->wait();
  EXPECT_EQ(ended.exit_code, 9) << ended.err;
  expect_complete();
}

TEST_F(Signals, KillLeavesEveryFinishedSlice) {
  ASSERT_NO_FATAL_FAILURE(start());
  pid_t pid = recorder_->pid();
  recorder_->send(SIGKILL);
  EXPECT_EQ(recorder_->wait().exit_code, 128 + SIGKILL);

  // As somebody who may read the file but not write it, and so cannot roll anything back in place.
  Command as_text = perfscope({"report", file_});
  std::string before = read_all(file_);
  CommandResult reader = run(as_text, {.as_nobody = true});
  EXPECT_EQ(reader.exit_code, 0) << reader.err;
  EXPECT_NE(reader.out.find("was interrupted"), std::string::npos) << reader.out;
  EXPECT_EQ(read_all(file_), before);

  CommandResult owner = run(as_text);
  EXPECT_EQ(owner.exit_code, 0) << owner.err;
  EXPECT_NE(owner.out.find("was interrupted"), std::string::npos);
  EXPECT_EQ(owner.out, reader.out);
  EXPECT_EQ(report(file_).at("facts").at("recording.complete"), "no");
  EXPECT_GE(slices(), 2);
  EXPECT_TRUE(eventually([&] { return kernel_objects_of(pid).empty(); })) << kernel_objects_of(pid);
}

// At any moment, also in the middle of a write.
TEST_F(Signals, KillAtAnyMomentLeavesAReadableFile) {
  for (int round = 0; round < 12; ++round) {
    std::string file = folder_.path("k" + std::to_string(round) + ".perfscope");
    Background recorder(perfscope({"record", "-q", "--slice", "10ms", "-o", file}));
    ASSERT_TRUE(eventually([&] { return !read_all(file).empty(); }));
    for (int i = 0; i < 1 + 3 * round; ++i) nap();
    recorder.send(SIGKILL);
    recorder.wait();
    CommandResult read = run_perfscope({"report", "--json", file});
    EXPECT_EQ(read.exit_code, 0) << read.err;
  }
}

TEST_F(Signals, CommandPassesStreamsAndExitCodeThrough) {
  CommandResult ended = run_perfscope(
      {"record", "-q", "-o", file_, "--", "sh", "-c", "cat; echo to-stderr >&2; exit 7"},
      {.input = "to-stdin\n"});
  EXPECT_EQ(ended.exit_code, 7);
  EXPECT_EQ(ended.out, "to-stdin\n");
  EXPECT_EQ(ended.err, "to-stderr\n");
  EXPECT_EQ(report(file_).at("facts").at("recording.complete"), "yes");
}

TEST_F(Signals, CommandEndedBySignal) {
  CommandResult ended =
      run_perfscope({"record", "-q", "-o", file_, "--", "sh", "-c", "kill -USR1 $$"});
  EXPECT_EQ(ended.exit_code, 128 + SIGUSR1);
  EXPECT_EQ(report(file_).at("facts").at("recording.complete"), "yes");
}

TEST_F(Signals, OptionsAfterTheDashesAreTheCommands) {
  CommandResult ended = run_perfscope(
      {"record", "-o", file_, "-q", "--", "printf", "%s ", "-q", "--", "-o", "x", "--help"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.out, "-q -- -o x --help ");
}

TEST_F(Signals, TheCommandsChildrenAreFollowed) {
  CommandResult ended =
      run_perfscope({"record", "-q", "-F", "499", "-o", file_, "--", "sh", "-c",
                     "sh -c '" + program("split") + " --seconds 0.3; true'; true"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  Worker truth = parse_truth(ended.out).front();
  Ledger measured = ledger(file_, "p.pid=" + std::to_string(truth.pid));
  EXPECT_LT(relative_error(measured.on_cpu, truth.cpu_ns), 0.05);
  EXPECT_GT(self_seconds(report(file_), "burn_seventy"), 0.1);
}

// A recording of processes ends with the last of them and of their children.
TEST_F(Signals, EndsWithItsTargets) {
  Background target({program("split"), "--seconds", "0.5"});
  CommandResult ended =
      run_perfscope({"record", "-q", "-p", std::to_string(target.pid()), "-o", file_},
                    {.limit = std::chrono::seconds(60)});
  EXPECT_FALSE(ended.timed_out);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(target.wait().exit_code, 0);
  EXPECT_EQ(report(file_).at("facts").at("recording.complete"), "yes");
}

}  // namespace
}  // namespace perfscope::test
