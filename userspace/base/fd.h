// Fd: an owned file descriptor, and the few ways in which perfscope reads small files.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "base/result.h"

namespace perfscope {

// Owns one descriptor and closes it. Empty when default constructed or moved from.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset();
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Opens for reading, close-on-exec and non-blocking (a FIFO must not hang the profiler).
Result<Fd> open_readonly(const std::string& path);

// Reads a whole pseudo file (/proc, /sys) or small file, at most `limit` bytes; a longer file is
// cut there. Errors: the file cannot be opened or read.
Result<std::string> read_file(const std::string& path, std::size_t limit = std::size_t{64} << 20);

// The file's text without trailing white space, or "" when it cannot be read.
std::string read_line(const std::string& path);

}  // namespace perfscope
