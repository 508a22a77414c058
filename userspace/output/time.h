// ISO 8601 times as View carries them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace perfscope::output {

// "2026-01-31T12:00:00Z" in nanoseconds since 1970; none when the text is no such time.
std::optional<int64_t> unix_ns(const std::string& iso8601_utc);

}  // namespace perfscope::output
