#include "capture/event_loop.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace perfscope::capture {
namespace {

timespec to_timespec(std::chrono::nanoseconds duration) {
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {seconds.count(), (duration - seconds).count()};
}

}  // namespace

Result<EventLoop> EventLoop::create() {
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return errno_error(ErrorCode::kFailed, "epoll_create1", errno);
  return EventLoop(std::move(epoll));
}

Status EventLoop::watch(int fd, std::function<void()> ready) {
  auto handler = std::make_unique<std::function<void()>>(std::move(ready));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = handler.get();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    return errno_error(ErrorCode::kFailed, "epoll_ctl", errno);
  handlers_.push_back(std::move(handler));
  return Ok{};
}

Status EventLoop::timer(std::chrono::nanoseconds first, std::chrono::nanoseconds period,
                        std::function<void()> tick) {
  Fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer) return errno_error(ErrorCode::kFailed, "timerfd_create", errno);
  itimerspec times{to_timespec(period), to_timespec(first)};
  if (::timerfd_settime(timer.get(), 0, &times, nullptr) != 0)
    return errno_error(ErrorCode::kFailed, "timerfd_settime", errno);
  int fd = timer.get();
  owned_.push_back(std::move(timer));
  return watch(fd, [fd, tick = std::move(tick)] {
    uint64_t expirations = 0;
    if (::read(fd, &expirations, sizeof(expirations)) == sizeof(expirations)) tick();
  });
}

Status EventLoop::every(std::chrono::nanoseconds period, std::function<void()> tick) {
  return timer(period, period, std::move(tick));
}

Status EventLoop::after(std::chrono::nanoseconds delay, std::function<void()> tick) {
  return timer(delay, std::chrono::nanoseconds(0), std::move(tick));
}

Status EventLoop::on_signals(std::initializer_list<int> signals,
                             std::function<void(int, bool)> caught) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : signals) sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0)
    return errno_error(ErrorCode::kFailed, "sigprocmask", errno);
  Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return errno_error(ErrorCode::kFailed, "signalfd", errno);
  int raw = fd.get();
  owned_.push_back(std::move(fd));
  return watch(raw, [raw, caught = std::move(caught)] {
    signalfd_siginfo info{};
    while (::read(raw, &info, sizeof(info)) == sizeof(info))
      caught(static_cast<int>(info.ssi_signo), info.ssi_code <= SI_USER);
  });
}

Status EventLoop::run() {
  std::array<epoll_event, 16> events{};
  while (!stopped_) {
    int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error(ErrorCode::kFailed, "epoll_wait", errno);
    for (int i = 0; i < count && !stopped_; ++i)
      (*static_cast<std::function<void()>*>(events.at(static_cast<std::size_t>(i)).data.ptr))();
  }
  return Ok{};
}

}  // namespace perfscope::capture
