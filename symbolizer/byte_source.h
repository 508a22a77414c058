// ByteSource: random access to the bytes of an untrusted file or of a buffer, always by copy.
//
// Files are read with pread, never mapped: their owner may truncate them at any moment, and a read
// of a mapped page that no longer exists kills the reader with SIGBUS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace perfscope::symbolizer {

class ByteSource {
 public:
  // Borrows `fd` for the lifetime of the source. Errors: kFailed, when it is no regular file (a
  // FIFO or a device could block or have side effects) or cannot be examined.
  static Result<ByteSource> from_fd(int fd);
  // The same, and owns the descriptor.
  static Result<ByteSource> from_file(Fd file);
  static ByteSource from_memory(std::string bytes);

  uint64_t size() const { return size_; }

  // Copies exactly `count` bytes; false when the source ends before that or cannot be read.
  bool read(uint64_t offset, void* out, std::size_t count) const;

  // Up to `count` bytes at `offset`; fewer at the end of the source, none on failure.
  std::string read_some(uint64_t offset, std::size_t count) const;

 private:
  ByteSource() = default;

  Fd owned_;
  int fd_ = -1;  // -1: in memory
  std::string memory_;
  uint64_t size_ = 0;
};

}  // namespace perfscope::symbolizer
