#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "output/writer.h"

namespace perfscope::output {
namespace {

const char* remedy(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return "free some space or choose another folder";
    case ENOENT:
    case ENOTDIR: return "create the folder first";
    case EACCES:
    case EPERM:
    case EROFS: return "choose a folder you may write to";
    case EISDIR: return "give the name of a file";
    default: return "choose another file";
  }
}

Error cannot_write(const std::string& path, int error) {
  return {ErrorCode::kCannotWrite,
          "write " + path + ": " + std::strerror(error) + "; " + remedy(error)};
}

// 0, or the errno of what went wrong.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

Status write_in_place(const std::string& path, std::string_view bytes) {
  Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return cannot_write(path, errno);
  if (int error = write_all(file.get(), bytes)) return cannot_write(path, error);
  return Ok{};
}

// The mode a plain open(O_CREAT) would give; umask can only be read by setting it.
mode_t default_mode() {
  mode_t mask = umask(0);
  umask(mask);
  return static_cast<mode_t>(0666 & ~mask);
}

int fill(int fd, std::string_view bytes, mode_t mode) {
  if (int error = write_all(fd, bytes)) return error;
  if (fchmod(fd, mode) != 0) return errno;
  return fsync(fd) == 0 ? 0 : errno;
}

Status replace(const std::string& path, std::string_view bytes, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  Fd file(mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) return cannot_write(path, errno);
  int error = fill(file.get(), bytes, mode);
  if (error == 0 && rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return Ok{};
  unlink(temporary.c_str());
  return cannot_write(path, error);
}

}  // namespace

Status write_file(const std::string& path, std::string_view bytes) {
  if (path == "-") {
    if (int error = write_all(STDOUT_FILENO, bytes)) return cannot_write("standard output", error);
    return Ok{};
  }
  struct stat existing {};
  if (stat(path.c_str(), &existing) != 0) return replace(path, bytes, default_mode());
  if (S_ISDIR(existing.st_mode)) return cannot_write(path, EISDIR);
  if (!S_ISREG(existing.st_mode)) return write_in_place(path, bytes);
  return replace(path, bytes, existing.st_mode & 07777);
}

}  // namespace perfscope::output
