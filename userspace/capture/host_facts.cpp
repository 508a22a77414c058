#include "capture/host_facts.h"

#include <array>
#include <ctime>

#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"

namespace perfscope::capture {
namespace {

// The value of KEY=value in /etc/os-release, without quotes.
std::string os_release(const std::string& key) {
  std::string text = "\n" + read_line("/etc/os-release");
  std::size_t at = text.find("\n" + key + "=");
  if (at == std::string::npos) return "";
  at += key.size() + 2;
  std::string value = text.substr(at, text.find('\n', at) - at);
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

}  // namespace

std::map<std::string, std::string> host_facts() {
  utsname names{};
  ::uname(&names);
  auto pages = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES));
  auto page_bytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return {
      {"host.name", names.nodename},
      {"host.kernel", names.release},
      {"host.arch", names.machine},
      {"host.os", os_release("PRETTY_NAME")},
      {"host.cpus_online", std::to_string(::sysconf(_SC_NPROCESSORS_ONLN))},
      {"host.memory_bytes", std::to_string(pages * page_bytes)},
      {"host.boot_id", read_line("/proc/sys/kernel/random/boot_id")},
  };
}

std::string utc_now() {
  std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

}  // namespace perfscope::capture
