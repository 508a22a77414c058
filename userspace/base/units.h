// Numbers with units: how durations, rates and sizes are read from users and shown to them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace perfscope {

// "10s", "500ms", "2m", "1h", "250us", "7d"; a bare number is seconds, fractions are allowed.
// Errors: not a number, unknown unit, negative, or longer than 366 days.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// 1.23 s, 45.6 ms, 789 us, 12 ns: three significant digits, beyond 1,000 s whole seconds.
std::string format_duration(uint64_t ns);
// 12.3 MiB, 456 KiB, 789 B.
std::string format_bytes(uint64_t bytes);
// 1,234,567
std::string format_count(uint64_t count);
// 12.3 % of a ratio of 0.123
std::string format_percent(double ratio, int decimals = 1);

}  // namespace perfscope
