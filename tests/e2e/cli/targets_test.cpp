// Targets that are not there, or go away.
#include <csignal>
#include <filesystem>

#include <sys/wait.h>
#include <unistd.h>

#include "e2e/cli/refusal.h"
#include "live/truth.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

// The id of a process that has ended, but is still in the process table.
class Zombie {
 public:
  Zombie() : pid_(::fork()) {
    if (pid_ == 0) ::_exit(0);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  Zombie(const Zombie&) = delete;
  Zombie& operator=(const Zombie&) = delete;
  ~Zombie() { ::waitpid(pid_, nullptr, 0); }
  std::string pid() const { return std::to_string(pid_); }

 private:
  pid_t pid_;
};

class Targets : public testing::Test {
 protected:
  Command record(const Command& options) const {
    Command command{"record", "-o", file_};
    command.insert(command.end(), options.begin(), options.end());
    return command;
  }
  bool nothing_written() const { return std::filesystem::is_empty(folder_.path()); }

  TempFolder folder_;
  std::string file_ = folder_.path("x.perfscope");
};

TEST_F(Targets, NoSuchProcess) {
  EXPECT_TRUE(
      refuses(record({"-p", "4194304"}), kNoTarget, {"-p 4194304", "no such process", "ps"}));
  EXPECT_TRUE(
      refuses(record({"-t", "4194304"}), kNoTarget, {"-t 4194304", "no such thread", "ps"}));
  EXPECT_TRUE(refuses(record({"--cgroup", "no/such"}), kNoTarget, {"no/such", "no such cgroup"}));
  EXPECT_TRUE(refuses(record({"--cgroup", "/etc"}), kNoTarget, {"/etc"}));
  EXPECT_TRUE(refuses(record({"--cgroup", "../../.."}), kNoTarget, {"../../.."}));
  EXPECT_TRUE(nothing_written());
}

TEST_F(Targets, ProcessThatHasEnded) {
  Zombie zombie;
  EXPECT_TRUE(refuses(record({"-p", zombie.pid()}), kNoTarget, {"-p " + zombie.pid()}));
  EXPECT_TRUE(refuses(record({"-t", zombie.pid()}), kNoTarget, {"-t " + zombie.pid()}));
  EXPECT_TRUE(nothing_written());
}

// Whenever it ends, before, while or after perfscope attaches, the recording ends as well: with a
// file or with one line.
TEST_F(Targets, ProcessThatEndsMeanwhile) {
  int refused = 0;
  for (int i = 0; i < 16; ++i) {
    Background target({"sleep", std::to_string(0.04 * i)});
    CommandResult result = run_perfscope(record({"-q", "-p", std::to_string(target.pid())}));
    ASSERT_FALSE(result.timed_out);
    if (result.exit_code == 0) {
      EXPECT_EQ(run_perfscope({"report", file_}).exit_code, 0);
    } else {
      EXPECT_TRUE(is_one_error(result, kNoTarget, {"-p " + std::to_string(target.pid())}));
      ++refused;
    }
    std::filesystem::remove(file_);
  }
  std::printf("[figures ] %d of 16 ended before they could be attached to\n", refused);
}

TEST_F(Targets, CommandThatCannotRun) {
  EXPECT_TRUE(
      refuses(record({"--", "/no/such/command"}), kNoTarget, {"/no/such/command", "No such file"}));
  EXPECT_TRUE(refuses(record({"--", "no-such-command", "-x"}), kNoTarget, {"no-such-command"}));
  std::string script = folder_.write("script", "#!/bin/sh\n");
  EXPECT_TRUE(refuses(record({"--", script}), kNoTarget, {script, "Permission denied"}));
  EXPECT_TRUE(refuses(record({"--", folder_.path()}), kNoTarget, {folder_.path()}));
  EXPECT_TRUE(refuses(record({"--", ""}), kNoTarget, {"''"}));
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Targets, NoPrivilege) {
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0777));
  CommandOptions nobody{.as_nobody = true};
  EXPECT_TRUE(refuses(record({"-d", "1"}), kNotPermitted, {"run as root"}, nobody));
  EXPECT_TRUE(refuses(record({"--", "true"}), kNotPermitted, {"run as root"}, nobody));
  EXPECT_TRUE(refuses(record({"-p", "1"}), kNotPermitted, {"run as root"}, nobody));
  EXPECT_TRUE(refuses({}, kNotPermitted, {"run as root"}, nobody));
  EXPECT_TRUE(nothing_written());
  CommandResult doctor = run(perfscope({"doctor", "--json"}), nobody);
  EXPECT_EQ(doctor.exit_code, 1);
  EXPECT_FALSE(nlohmann::json::parse(doctor.out).at("healthy").get<bool>());
}

}  // namespace
}  // namespace perfscope::test
