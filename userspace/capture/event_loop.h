// EventLoop: one epoll for everything that a recording waits for.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace perfscope::capture {

class EventLoop {
 public:
  static Result<EventLoop> create();

  // Calls `ready` whenever the descriptor is readable. The descriptor is borrowed.
  Status watch(int fd, std::function<void()> ready);
  // Calls `tick` every `period`, for as long as the loop lives.
  Status every(std::chrono::nanoseconds period, std::function<void()> tick);
  // Calls `tick` once after `delay`.
  Status after(std::chrono::nanoseconds delay, std::function<void()> tick);
  // Blocks the signals for this process and calls `caught` for each: its number, and whether a
  // process sent it (a terminal's Ctrl-C reaches the whole foreground group, a kill just us).
  Status on_signals(std::initializer_list<int> signals,
                    std::function<void(int signal, bool from_process)> caught);

  // Handles events until stop() is called.
  Status run();
  void stop() { stopped_ = true; }

 private:
  explicit EventLoop(Fd epoll) : epoll_(std::move(epoll)) {}
  Status timer(std::chrono::nanoseconds first, std::chrono::nanoseconds period,
               std::function<void()> tick);

  Fd epoll_;
  std::vector<Fd> owned_;  // timers and the signalfd
  // Stable addresses: epoll hands them back.
  std::vector<std::unique_ptr<std::function<void()>>> handlers_;
  bool stopped_ = false;
};

}  // namespace perfscope::capture
