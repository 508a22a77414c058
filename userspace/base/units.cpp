#include "base/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

namespace perfscope {
namespace {

constexpr double kMaxDurationSeconds = 366.0 * 86400;

std::optional<double> seconds_per(std::string_view unit) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  static constexpr std::array<Unit, 9> kUnits{{{"", 1},
                                               {"s", 1},
                                               {"ns", 1e-9},
                                               {"us", 1e-6},
                                               {"µs", 1e-6},
                                               {"ms", 1e-3},
                                               {"m", 60},
                                               {"h", 3600},
                                               {"d", 86400}}};
  for (const Unit& known : kUnits)
    if (known.name == unit) return known.seconds;
  return std::nullopt;
}

std::string print(const char* format, double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, decimals, value);
  return text.data();
}

// Decimals that leave three significant digits: 1.23, 12.3, 123.
int three_digits(double value) { return value < 10 ? 2 : value < 100 ? 1 : 0; }

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const std::string shown(text);
  auto bad = [&](const std::string& why) {
    return Error(ErrorCode::kUsage,
                 "'" + shown + "' " + why + "; give a duration such as 10s, 500ms, 2m or 1h");
  };
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return bad("is not a duration");
  std::optional<double> unit = seconds_per(text.substr(static_cast<size_t>(end - text.data())));
  if (!unit) return bad("has an unknown unit");
  double seconds = number * *unit;
  if (seconds < 1e-9) return bad("is not longer than zero");
  if (seconds > kMaxDurationSeconds) return bad("is longer than a year");
  return std::chrono::nanoseconds(static_cast<int64_t>(std::llround(seconds * 1e9)));
}

std::string format_duration(uint64_t ns) {
  auto value = static_cast<double>(ns);
  if (value < 999.5) return print("%.*f ns", value, 0);
  if (value < 999.5e3) return print("%.*f us", value / 1e3, three_digits(value / 1e3));
  if (value < 999.5e6) return print("%.*f ms", value / 1e6, three_digits(value / 1e6));
  return print("%.*f s", value / 1e9, value < 1e12 ? three_digits(value / 1e9) : 0);
}

std::string format_bytes(uint64_t bytes) {
  static constexpr std::array<const char*, 5> kSuffix{" B", " KiB", " MiB", " GiB", " TiB"};
  auto value = static_cast<double>(bytes);
  size_t step = 0;
  for (; value >= 1024 && step + 1 < kSuffix.size(); ++step) value /= 1024;
  return print("%.*f", value, step == 0 ? 0 : three_digits(value)) + kSuffix.at(step);
}

std::string format_count(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string format_percent(double ratio, int decimals) {
  return print("%.*f", ratio * 100, decimals) + " %";
}

}  // namespace perfscope
