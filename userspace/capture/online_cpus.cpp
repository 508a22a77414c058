#include "capture/online_cpus.h"

#include <charconv>

#include "base/fd.h"

namespace perfscope::capture {

std::vector<int> parse_cpu_list(std::string_view list) {
  constexpr int kMaxCpus = 65536;
  std::vector<int> cpus;
  const char* at = list.data();
  const char* end = at + list.size();
  while (at < end) {
    int first = 0;
    auto [after, error] = std::from_chars(at, end, first);
    if (error != std::errc() || first < 0) break;
    int last = first;
    if (after < end && *after == '-') {
      auto range = std::from_chars(after + 1, end, last);
      if (range.ec != std::errc()) break;
      after = range.ptr;
    }
    for (int cpu = first; cpu <= last && cpu < kMaxCpus; ++cpu) cpus.push_back(cpu);
    if (after == end || *after != ',') break;
    at = after + 1;
  }
  return cpus;
}

std::vector<int> online_cpus(const std::string& sys) {
  std::vector<int> cpus = parse_cpu_list(read_line(sys + "/devices/system/cpu/online"));
  return cpus.empty() ? std::vector<int>{0} : cpus;
}

}  // namespace perfscope::capture
