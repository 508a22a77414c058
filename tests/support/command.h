// Programs started by tests: with a time limit, their output captured, ended for certain.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

namespace perfscope::test {

using Command = std::vector<std::string>;

struct CommandOptions {
  std::chrono::seconds limit{60};
  std::string input{};                     // stdin
  std::string folder{};                    // to run in; empty: the test's
  bool as_nobody = false;                  // without any privilege: uid and gid 65534, no groups
  std::string cgroup{};                    // folder of the cgroup to start in; empty: the test's
  std::vector<std::string> environment{};  // NAME=value, added
};

struct CommandResult {
  int exit_code = -1;  // or 128 + signal
  bool timed_out = false;
  std::string out;
  std::string err;
};

// A program that runs beside the test. Its destructor ends it, and whatever it started.
class Background {
 public:
  explicit Background(const Command& command, const CommandOptions& options = {});
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();

  pid_t pid() const { return pid_; }
  bool running();
  void send(int signal) const;
  // Waits for its end; kills it when the limit is over.
  CommandResult wait();
  // What it has written up to now.
  std::string out() const;
  std::string err() const;

 private:
  void reap(int status);

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  bool ended_ = false;
  bool timed_out_ = false;
  int exit_code_ = -1;
  std::chrono::steady_clock::time_point deadline_;
};

CommandResult run(const Command& command, const CommandOptions& options = {});

void nap();  // 10 ms

// Asks every 10 ms until `holds` or the limit is over; whether it held.
template <typename Condition>
bool eventually(Condition holds, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    nap();
  }
  return true;
}

}  // namespace perfscope::test
