#include "capture/host_state.h"

#include <charconv>
#include <sstream>

#include <sys/stat.h>

#include "base/fd.h"

namespace perfscope::capture::host {
namespace {

KernelVersion parse_version(std::string_view release) {
  KernelVersion version;
  const char* end = release.data() + release.size();
  auto [dot, error] = std::from_chars(release.data(), end, version.major);
  if (error == std::errc() && dot != end) std::from_chars(dot + 1, end, version.minor);
  return version;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<int> HostState::sysctl(const std::string& name) const {
  return number(read_line(proc + "/sys/" + name));
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

std::string text_of(const std::string& path) {
  Result<std::string> text = read_file(path, std::size_t{1} << 20);
  return text ? *text : "";
}

std::string field(const std::string& text, std::string_view key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(key)) return line.substr(key.size());
  return "";
}

HostState look_at(const HostRoots& roots) {
  HostState host{roots.proc, roots.sys, read_line(roots.proc + "/sys/kernel/osrelease"), {}, 0};
  host.version = parse_version(host.release);
  std::istringstream effective(field(text_of(roots.proc + "/self/status"), "CapEff:"));
  effective >> std::hex >> host.capabilities;
  return host;
}

}  // namespace perfscope::capture::host
