// The CPUs that run now.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace perfscope::capture {

// "0-3,8" -> 0 1 2 3 8, ascending. Stops at the first thing that is not a CPU list.
std::vector<int> parse_cpu_list(std::string_view list);

// Online CPUs, ascending; {0} when sysfs does not tell.
std::vector<int> online_cpus(const std::string& sys = "/sys");

}  // namespace perfscope::capture
