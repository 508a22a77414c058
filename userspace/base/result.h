// Result<T>: the one error mechanism. A function that can fail returns Result<T>; the error says
// what failed, on which object, why, and what to do about it, in one line fit for a terminal.
//
//   Result<Fd> file = open_readonly(path);
//   if (!file) return file.error();
//   use(*file);
//
// It keeps to the subset of std::expected that C++23 will bring, so that the alias can move there.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace perfscope {

// What kind of failure this is; each value is also the process's exit code (docs/exit-codes.md).
enum class ErrorCode : int {
  kFailed = 1,        // the operation itself failed
  kUsage = 2,         // the command line or a parameter is wrong
  kBadInput = 3,      // an input file is damaged, foreign or from a newer version
  kNotPermitted = 4,  // privileges, or the kernel does not offer what is needed
  kNoTarget = 5,      // the process, thread or cgroup to be profiled does not exist
  kCannotWrite = 6,   // an output could not be written
};

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error as seen by a caller: "context: message".
  Error in(const std::string& context) const { return {code_, context + ": " + message_}; }

 private:
  ErrorCode code_;
  std::string message_;
};

// "open /x: No such file or directory", from the given errno value.
Error errno_error(ErrorCode code, const std::string& what, int errno_value);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  T& value() {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

// The value of a Result that carries nothing but success: Result<void> reads as Status.
struct Ok {};
using Status = Result<Ok>;

}  // namespace perfscope
