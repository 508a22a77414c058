#include "base/units.h"

#include <limits>

#include <gtest/gtest.h>

namespace perfscope {
namespace {

using std::chrono::nanoseconds;

int64_t parsed(std::string_view text) {
  Result<nanoseconds> duration = parse_duration(text);
  EXPECT_TRUE(duration) << text << ": " << duration.error().message();
  return duration ? duration->count() : -1;
}

TEST(ParseDuration, KnowsItsUnits) {
  EXPECT_EQ(parsed("250ns"), 250);
  EXPECT_EQ(parsed("250us"), 250'000);
  EXPECT_EQ(parsed("250µs"), 250'000);
  EXPECT_EQ(parsed("500ms"), 500'000'000);
  EXPECT_EQ(parsed("10s"), 10'000'000'000);
  EXPECT_EQ(parsed("2m"), 120'000'000'000);
  EXPECT_EQ(parsed("1h"), 3'600'000'000'000);
  EXPECT_EQ(parsed("7d"), 604'800'000'000'000);
}

TEST(ParseDuration, ABareNumberIsSeconds) {
  EXPECT_EQ(parsed("10"), 10'000'000'000);
  EXPECT_EQ(parsed("0.5"), 500'000'000);
  EXPECT_EQ(parsed("1.5ms"), 1'500'000);
  EXPECT_EQ(parsed(".25"), 250'000'000);
}

TEST(ParseDuration, EndsAtAYear) {
  EXPECT_EQ(parsed("366d"), 31'622'400'000'000'000);
  EXPECT_FALSE(parse_duration("366.1d"));
  EXPECT_FALSE(parse_duration("1e300"));
}

TEST(ParseDuration, RefusesWhatIsNoDuration) {
  for (const char* text :
       {"",    " ",   "s", "ten", "10 s", " 10s", "10s ", "10x",  "10S",  "10sec", "1m30s",
        "--1", "-5s", "0", "0s",  "-0",   "nan",  "inf",  "0x10", "1,5s", "1..5"})
    EXPECT_FALSE(parse_duration(text)) << "'" << text << "'";
}

TEST(ParseDuration, SaysWhatIsWrongAndWhatIsRight) {
  Result<nanoseconds> duration = parse_duration("10x");
  ASSERT_FALSE(duration);
  EXPECT_EQ(duration.error().code(), ErrorCode::kUsage);
  EXPECT_EQ(duration.error().message(),
            "'10x' has an unknown unit; give a duration such as 10s, 500ms, 2m or 1h");
}

TEST(FormatDuration, ShowsThreeDigits) {
  EXPECT_EQ(format_duration(0), "0 ns");
  EXPECT_EQ(format_duration(12), "12 ns");
  EXPECT_EQ(format_duration(789'000), "789 us");
  EXPECT_EQ(format_duration(1'230), "1.23 us");
  EXPECT_EQ(format_duration(45'600'000), "45.6 ms");
  EXPECT_EQ(format_duration(1'230'000'000), "1.23 s");
  EXPECT_EQ(format_duration(12'300'000'000), "12.3 s");
  EXPECT_EQ(format_duration(3'600'000'000'000), "3600 s");
}

TEST(FormatDuration, CarriesIntoTheNextUnit) {
  EXPECT_EQ(format_duration(999), "999 ns");
  EXPECT_EQ(format_duration(1'000), "1.00 us");
  EXPECT_EQ(format_duration(999'499), "999 us");
  EXPECT_EQ(format_duration(999'500), "1.00 ms");
  EXPECT_EQ(format_duration(999'999'999), "1.00 s");
}

// Columns of tables rely on it. Eleven days is the longest duration that fits.
TEST(FormatDuration, IsNeverWiderThanNineCharacters) {
  for (uint64_t ns = 1; ns <= uint64_t{999'999} * 1'000'000'000; ns = ns * 7 + 3)
    EXPECT_LE(format_duration(ns).size(), std::size_t{9}) << ns;
}

TEST(FormatBytes, UsesBinaryUnits) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(789), "789 B");
  EXPECT_EQ(format_bytes(1'023), "1023 B");
  EXPECT_EQ(format_bytes(1'024), "1.00 KiB");
  EXPECT_EQ(format_bytes(466'944), "456 KiB");
  EXPECT_EQ(format_bytes(12'897'485), "12.3 MiB");
  EXPECT_EQ(format_bytes(uint64_t{5} << 30), "5.00 GiB");
  EXPECT_EQ(format_bytes(uint64_t{5} << 40), "5.00 TiB");
  EXPECT_EQ(format_bytes(std::numeric_limits<uint64_t>::max()), "16777216 TiB");
}

TEST(FormatCount, GroupsByThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1'000), "1,000");
  EXPECT_EQ(format_count(1'234'567), "1,234,567");
  EXPECT_EQ(format_count(std::numeric_limits<uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(FormatPercent, RoundsToTheDecimalsAskedFor) {
  EXPECT_EQ(format_percent(0.123), "12.3 %");
  EXPECT_EQ(format_percent(1.0, 0), "100 %");
  EXPECT_EQ(format_percent(0.00049, 2), "0.05 %");
}

}  // namespace
}  // namespace perfscope
