#include "support/command.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace perfscope::test {
namespace {

constexpr unsigned kNobody = 65534;
constexpr int kNotStarted = 125;

int memory_file(const std::string& bytes = "") {
  int fd = ::memfd_create("perfscope-test", MFD_CLOEXEC);
  if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("memfd_create");
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

std::string contents(int fd) {
  std::string text;
  std::array<char, 65536> chunk{};
  ssize_t got = 0;
  while ((got = ::pread(fd, chunk.data(), chunk.size(), static_cast<off_t>(text.size()))) > 0)
    text.append(chunk.data(), static_cast<std::size_t>(got));
  return text;
}

bool join_cgroup(const std::string& folder) {
  int fd = ::open((folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
  bool joined = fd >= 0 && ::write(fd, "0", 1) == 1;
  ::close(fd);
  return joined;
}

bool become_nobody() {
  return ::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0;
}

[[noreturn]] void become(const Command& command, const CommandOptions& options,
                         const std::array<int, 3>& standard) {
  ::setpgid(0, 0);
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  for (const std::string& each : options.environment) ::putenv(const_cast<char*>(each.c_str()));
  // Opened with privilege: nobody may not be allowed into the folders above the program.
  int program = options.as_nobody ? ::open(argv[0], O_PATH) : -1;
  bool ready = options.cgroup.empty() || join_cgroup(options.cgroup);
  if (!options.folder.empty()) ready = ready && ::chdir(options.folder.c_str()) == 0;
  if (options.as_nobody) ready = ready && become_nobody();
  for (int i = 0; i < 3; ++i) ::dup2(standard.at(static_cast<std::size_t>(i)), i);
  if (!ready) ::_exit(kNotStarted);
  if (program >= 0) ::fexecve(program, argv.data(), environ);
  ::execvp(argv[0], argv.data());
  ::_exit(kNotStarted);
}

}  // namespace

void nap() { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }

Background::Background(const Command& command, const CommandOptions& options)
    : out_(memory_file()),
      err_(memory_file()),
      deadline_(std::chrono::steady_clock::now() + options.limit) {
  int in = memory_file(options.input);
  pid_ = ::fork();
  if (pid_ == 0) become(command, options, {in, out_, err_});
  ::close(in);
  if (pid_ < 0) throw std::runtime_error("fork");
  ::setpgid(pid_, pid_);  // here too: whoever comes first
}

Background::~Background() {
  if (!ended_) {
    deadline_ = std::chrono::steady_clock::now();
    wait();
  }
  ::close(out_);
  ::close(err_);
}

void Background::reap(int status) {
  ended_ = true;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool Background::running() {
  int status = 0;
  if (!ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_) reap(status);
  return !ended_;
}

void Background::send(int signal) const {
  if (!ended_) ::kill(pid_, signal);
}

CommandResult Background::wait() {
  while (running()) {
    if (std::chrono::steady_clock::now() >= deadline_) {
      timed_out_ = true;
      ::kill(-pid_, SIGKILL);
      int status = 0;
      while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
      reap(status);
      break;
    }
    nap();
  }
  return {exit_code_, timed_out_, out(), err()};
}

std::string Background::out() const { return contents(out_); }
std::string Background::err() const { return contents(err_); }

CommandResult run(const Command& command, const CommandOptions& options) {
  return Background(command, options).wait();
}

}  // namespace perfscope::test
