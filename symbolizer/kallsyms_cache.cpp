#include "symbolizer/kallsyms_cache.h"

#include <array>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

namespace perfscope::symbolizer {
namespace {

namespace fs = std::filesystem;

constexpr off_t kMaxCacheBytes = off_t{64} << 20;

std::string header(const std::string& boot_id) { return "# boot " + boot_id + "\n"; }

bool is_ours(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 && status.st_size <= kMaxCacheBytes;
}

bool write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    ssize_t written = ::write(fd, text.data() + at, text.size() - at);
    if (written <= 0) return false;
    at += static_cast<std::size_t>(written);
  }
  return true;
}

std::string as_text(const Kallsyms& kallsyms) {
  std::string text;
  std::array<char, 32> address{};
  auto add = [&](uint64_t value, std::string_view name) {
    std::snprintf(address.data(), address.size(), "%016lx T ", value);
    text.append(address.data()).append(name).append("\n");
  };
  // Where `_text` shares its address with a function, the table kept the function alone.
  add(kallsyms.modules.front().text_base, "_text");
  for (std::size_t i = 0; i < kallsyms.symbols.size(); ++i) {
    SymbolTable::Match symbol = kallsyms.symbols.at(i);
    if (symbol.tag == 0) add(symbol.start, symbol.name);
  }
  return text;
}

}  // namespace

std::optional<std::string> read_kallsyms_cache(const std::string& path,
                                               const std::string& boot_id) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!file || boot_id.empty() || ::fstat(file.get(), &status) != 0 || !is_ours(status))
    return std::nullopt;
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  if (::pread(file.get(), text.data(), text.size(), 0) != status.st_size) return std::nullopt;
  if (!text.starts_with(header(boot_id))) return std::nullopt;
  return text;
}

void write_kallsyms_cache(const std::string& path, const std::string& boot_id,
                          const Kallsyms& kallsyms) {
  if (boot_id.empty() || kallsyms.modules.empty() || kallsyms.symbols.empty()) return;
  std::error_code ignored;
  fs::path folder = fs::path(path).parent_path();
  if (fs::create_directories(folder, ignored))
    fs::permissions(folder, fs::perms::owner_all, ignored);
  std::string fresh = path + "." + std::to_string(::getpid());
  Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return;
  bool complete = write_all(file.get(), header(boot_id) + as_text(kallsyms));
  if (!complete || ::rename(fresh.c_str(), path.c_str()) != 0) ::unlink(fresh.c_str());
}

}  // namespace perfscope::symbolizer
