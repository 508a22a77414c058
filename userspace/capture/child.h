// Child: a command that is started for a recording, held before its exec until the probes are
// ready.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace perfscope::capture {

class Child {
 public:
  // Forks and stops just before exec. stdin, stdout and stderr are passed through.
  // Errors: the fork fails. A command that cannot be executed shows at release().
  static Result<Child> start(const std::vector<std::string>& command);

  Child(Child&& other) noexcept = default;
  Child& operator=(Child&& other) noexcept = default;
  ~Child() = default;

  int pid() const { return pid_; }
  // Readable once the child has ended.
  int exit_fd() const { return pid_fd_.get(); }

  // Lets the command run. Errors: it does not exist (exit code 127) or cannot be executed (126).
  Status release();
  void send(int signal) const;
  // Waits for its end. The exit code, or 128 plus the number of the signal that ended it.
  int wait();

 private:
  Child(int pid, std::string name, Fd pid_fd, Fd go, Fd failure)
      : pid_(pid),
        name_(std::move(name)),
        pid_fd_(std::move(pid_fd)),
        go_(std::move(go)),
        failure_(std::move(failure)) {}

  int pid_;
  std::string name_;
  Fd pid_fd_;
  Fd go_;       // written once to let the child exec
  Fd failure_;  // carries errno when the exec failed, closes when it succeeded
  std::optional<int> exit_code_;
};

}  // namespace perfscope::capture
