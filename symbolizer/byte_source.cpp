#include "symbolizer/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace perfscope::symbolizer {

Result<ByteSource> ByteSource::from_fd(int fd) {
  struct stat status {};
  if (fd < 0) return Error(ErrorCode::kFailed, "no file");
  if (::fstat(fd, &status) != 0) return errno_error(ErrorCode::kFailed, "fstat", errno);
  if (!S_ISREG(status.st_mode)) return Error(ErrorCode::kFailed, "not a regular file");
  ByteSource source;
  source.fd_ = fd;
  source.size_ = static_cast<uint64_t>(status.st_size);
  return source;
}

Result<ByteSource> ByteSource::from_file(Fd file) {
  Result<ByteSource> source = from_fd(file.get());
  if (source) source->owned_ = std::move(file);
  return source;
}

ByteSource ByteSource::from_memory(std::string bytes) {
  ByteSource source;
  source.memory_ = std::move(bytes);
  source.size_ = source.memory_.size();
  return source;
}

bool ByteSource::read(uint64_t offset, void* out, std::size_t count) const {
  if (offset > size_ || count > size_ - offset) return false;
  if (count == 0) return true;
  if (fd_ < 0) {
    std::memcpy(out, memory_.data() + offset, count);
    return true;
  }
  auto* bytes = static_cast<char*>(out);
  for (std::size_t done = 0; done < count;) {
    ssize_t got = ::pread(fd_, bytes + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;  // 0: truncated since it was opened
    done += static_cast<std::size_t>(got);
  }
  return true;
}

std::string ByteSource::read_some(uint64_t offset, std::size_t count) const {
  if (offset >= size_) return "";
  std::string bytes(static_cast<std::size_t>(std::min<uint64_t>(count, size_ - offset)), '\0');
  if (!read(offset, bytes.data(), bytes.size())) return "";
  return bytes;
}

}  // namespace perfscope::symbolizer
