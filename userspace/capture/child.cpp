#include "capture/child.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace perfscope::capture {
namespace {

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return errno_error(ErrorCode::kFailed, "start command: pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// A socket, as writing into a pipe whose reader has died would end this process too.
Result<Pipe> make_signal() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return errno_error(ErrorCode::kFailed, "start command: socketpair", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Runs in the child: async-signal-safe calls only.
[[noreturn]] void exec_when_told(char* const* argv, int go, int failure) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  char byte = 0;
  if (::read(go, &byte, 1) == 1) ::execvp(argv[0], argv);
  int error = errno;
  [[maybe_unused]] ssize_t written = ::write(failure, &error, sizeof(error));
  ::_exit(error == ENOENT ? 127 : 126);
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& command) {
  Result<Pipe> go = make_signal();
  if (!go) return go.error();
  Result<Pipe> failure = make_pipe();
  if (!failure) return failure.error();
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);

  pid_t pid = ::fork();
  if (pid < 0) return errno_error(ErrorCode::kFailed, "start " + command[0] + ": fork", errno);
  if (pid == 0) {
    go->write.reset();  // else the child would never see the parent die
    exec_when_told(argv.data(), go->read.get(), failure->write.get());
  }
  Fd pid_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return Child(pid, command[0], std::move(pid_fd), std::move(go->write), std::move(failure->read));
}

Status Child::release() {
  char byte = 1;
  if (::send(go_.get(), &byte, 1, MSG_NOSIGNAL) != 1)
    return errno_error(ErrorCode::kFailed, "start " + name_, errno);
  go_.reset();
  int error = 0;
  ssize_t got = ::read(failure_.get(), &error, sizeof(error));
  failure_.reset();
  if (got != sizeof(error)) return Ok{};
  wait();
  return errno_error(ErrorCode::kNoTarget,
                     "cannot run '" + name_ + "'; check the name, the path and its permissions",
                     error);
}

void Child::send(int signal) const {
  if (!exit_code_) ::kill(pid_, signal);
}

int Child::wait() {
  if (exit_code_) return *exit_code_;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return *exit_code_;
}

}  // namespace perfscope::capture
