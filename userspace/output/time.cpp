#include "output/time.h"

#include <ctime>

namespace perfscope::output {

std::optional<int64_t> unix_ns(const std::string& iso8601_utc) {
  constexpr int64_t kNsPerSecond = 1'000'000'000;
  std::tm utc{};
  if (strptime(iso8601_utc.c_str(), "%Y-%m-%dT%H:%M:%S", &utc) == nullptr) return std::nullopt;
  return static_cast<int64_t>(timegm(&utc)) * kNsPerSecond;
}

}  // namespace perfscope::output
