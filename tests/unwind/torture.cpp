// Everything that makes stacks hard to unwind, in a loop until it is killed. Built without frame
// pointers. Ends by itself after the given number of seconds.
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <alloca.h>
#include <dlfcn.h>
#include <sys/time.h>

namespace {

volatile unsigned long sink;

[[gnu::noinline]] void spin(int turns) {
  for (int i = 0; i < turns; ++i) sink = sink * 3 + static_cast<unsigned long>(i);
}

[[gnu::noinline]] void nap() {
  timespec time{0, 200'000};
  ::nanosleep(&time, nullptr);
  sink = sink + 1;
}

void on_alarm(int) { spin(20'000); }

int compare(const void* a, const void* b) {
  spin(3);
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

[[gnu::noinline]] void variable_frame(int bytes) {
  char* memory = static_cast<char*>(alloca(static_cast<std::size_t>(bytes)));
  std::memset(memory, 1, static_cast<std::size_t>(bytes));
  spin(bytes);
  nap();
  sink = sink + static_cast<unsigned long>(memory[bytes / 2]);
}

[[gnu::noinline]] void realigned_frame(int variable) {
  alignas(64) std::array<char, 256> block{};
  char* memory = static_cast<char*>(alloca(static_cast<std::size_t>(variable)));
  memory[0] = 1;
  std::memset(block.data(), variable, block.size());
  spin(500);
  nap();
  sink = sink + static_cast<unsigned long>(block[3] + memory[0]);
}

[[gnu::noinline]] void deep(int depth) {
  if (depth == 0) {
    spin(30'000);
    nap();
  } else {
    deep(depth - 1);
  }
  sink = sink + 1;
}

[[gnu::noinline]] void thrower(int depth) {
  if (depth == 0) throw std::runtime_error("thrown");
  thrower(depth - 1);
  sink = sink + 1;
}

void work(std::time_t until) {
  std::vector<int> numbers(500);
  while (std::time(nullptr) < until) {
    for (int& number : numbers) number = std::rand();
    std::qsort(numbers.data(), numbers.size(), sizeof(int), compare);
    timespec now{};
    for (int i = 0; i < 2000; ++i) ::clock_gettime(CLOCK_MONOTONIC, &now);
    variable_frame(100 + std::rand() % 2000);
    realigned_frame(100 + std::rand() % 100);
    deep(400);
    try {
      thrower(20);
    } catch (const std::exception& error) {
      sink = sink + std::strlen(error.what());
    }
    std::string text;
    for (int i = 0; i < 200; ++i) text += std::to_string(i);
    sink = sink + text.size();
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::time_t until = std::time(nullptr) + (count > 1 ? std::atoi(arguments[1]) : 10);
  ::signal(SIGALRM, on_alarm);
  itimerval timer{{0, 5000}, {0, 5000}};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
  std::thread other(work, until);
  work(until);
  other.join();
}
