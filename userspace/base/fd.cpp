#include "base/fd.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace perfscope {

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<Fd> open_readonly(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return errno_error(ErrorCode::kFailed, "open " + path, errno);
  return Fd(fd);
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  Result<Fd> file = open_readonly(path);
  if (!file) return file.error();
  constexpr std::size_t kChunk = 65536;
  std::string text;
  std::size_t used = 0;
  while (used < limit) {
    text.resize(used + kChunk);
    ssize_t got = ::read(file->get(), text.data() + used, kChunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error(ErrorCode::kFailed, "read " + path, errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used < limit ? used : limit);
  return text;
}

std::string read_line(const std::string& path) {
  Result<std::string> text = read_file(path, 65536);
  if (!text) return "";
  while (!text->empty() && (text->back() == '\n' || text->back() == ' ')) text->pop_back();
  return *text;
}

}  // namespace perfscope
