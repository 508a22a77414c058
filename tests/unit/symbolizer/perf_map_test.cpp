#include "symbolizer/perf_map.h"

#include <algorithm>
#include <cstdio>
#include <random>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/symbolizer/support.h"

namespace perfscope::symbolizer::test {
namespace {

Result<SymbolTable> parse(std::string text) {
  return read_perf_map(ByteSource::from_memory(std::move(text)));
}

std::string name_at(const Result<SymbolTable>& table, uint64_t address) {
  auto match = table->find(address);
  return match ? std::string(match->name) : "-";
}

TEST(PerfMap, ReadsLines) {
  auto table = parse(
      "7f0000001000 20 LazyCompile:*add /app/x.js:1:2\n"
      "0x7f0000002000 0x10 with prefix\r\n"
      "7f0000003000 10 without end of line");
  ASSERT_TRUE(table);
  EXPECT_EQ(name_at(table, 0x7f0000001000), "LazyCompile:*add /app/x.js:1:2");
  EXPECT_EQ(name_at(table, 0x7f000000101f), "LazyCompile:*add /app/x.js:1:2");
  EXPECT_EQ(name_at(table, 0x7f0000001020), "-");
  EXPECT_EQ(name_at(table, 0x7f0000002001), "with prefix");
  EXPECT_EQ(name_at(table, 0x7f0000003001), "without end of line");
}

TEST(PerfMap, SkipsWhatIsNoLine) {
  auto table = parse(
      "garbage\n\n1000\n1000 \n1000 10\n1000 10 \n 1000 10 indented\n1000 0 empty\n"
      "ffffffffffffffff 10 wraps\n1000 ffffffffffffffffff too long\n-1 10 negative\n"
      "2000 10 good\n");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->size(), 1U);
  EXPECT_EQ(name_at(table, 0x2000), "good");
}

TEST(PerfMap, GarbageAloneIsAnError) {
  EXPECT_FALSE(parse("garbage\n"));
  EXPECT_FALSE(parse(std::string(100000, '\xff')));
  EXPECT_TRUE(parse(""));
  EXPECT_TRUE(parse("\n\n"));
}

TEST(PerfMap, LaterLinesWin) {
  auto table = parse(
      "1000 100 old\n1000 80 new\n"            // the same start
      "2000 100 outer\n2040 10 inner\n"        // inside an older one
      "3000 100 tail\n3080 100 over_tail\n"    // over the end of an older one
      "4080 100 head\n4000 100 over_head\n");  // over the start of an older one
  ASSERT_TRUE(table);
  EXPECT_EQ(name_at(table, 0x1000), "new");
  EXPECT_EQ(name_at(table, 0x2044), "inner");
  EXPECT_EQ(name_at(table, 0x2060), "outer");
  EXPECT_EQ(name_at(table, 0x307f), "tail");
  EXPECT_EQ(name_at(table, 0x3080), "over_tail");
  EXPECT_EQ(name_at(table, 0x4090), "over_head");
}

// The last line that covers the address, of those whose first byte no later line covers.
TEST(PerfMap, AgreesWithTheObviousSearch) {
  struct Line {
    uint64_t start, size;
    bool covers(uint64_t address) const { return address - start < size; }
  };
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<Line> lines;
    std::string text;
    for (unsigned i = 0; i < 12; ++i) {
      lines.push_back({0x1000 + random() % 64, 1 + random() % 24});
      char line[64];
      std::snprintf(line, sizeof line, "%lx %lx f%u\n", lines[i].start, lines[i].size, i);
      text += line;
    }
    auto is_valid = [&](std::size_t i) {
      return std::none_of(lines.begin() + static_cast<std::ptrdiff_t>(i) + 1, lines.end(),
                          [&](const Line& later) { return later.covers(lines[i].start); });
    };
    auto table = parse(text);
    ASSERT_TRUE(table);
    for (uint64_t address = 0xff0; address < 0x1060; ++address) {
      std::string expected = "-";
      for (std::size_t i = 0; i < lines.size(); ++i)
        if (lines[i].covers(address) && is_valid(i)) expected = "f" + std::to_string(i);
      EXPECT_EQ(name_at(table, address), expected) << text << std::hex << address;
    }
  }
}

TEST(PerfMap, LongLinesAreCut) {
  auto table = parse("1000 10 " + std::string(1 << 20, 'x') + "\n2000 10 next\n");
  ASSERT_TRUE(table);
  EXPECT_LE(name_at(table, 0x1000).size(), 4096U);
  EXPECT_EQ(name_at(table, 0x2000), "next");
}

class PerfMapFile : public testing::Test {
 protected:
  Symbol ask(int fd, uint64_t address) {
    ModuleSource source;
    source.kind = SourceKind::kPerfMap;
    source.fd = fd;
    return symbolizer_.symbolize(source, std::vector<uint64_t>{address}).at(0);
  }
  Symbolizer symbolizer_;
};

TEST_F(PerfMapFile, IsReadAgainWhenItGrows) {
  Fd file = file_with("1000 10 first\n");
  EXPECT_EQ(ask(file.get(), 0x1004).name, "first");
  EXPECT_EQ(ask(file.get(), 0x1004).start_offset, 0x1000U);
  EXPECT_EQ(ask(file.get(), 0x2000).outcome, Outcome::kNoSymbol);
  EXPECT_EQ(symbolizer_.statistics().modules_loaded, 1U);
  const std::string more = "2000 10 second\n";
  ASSERT_EQ(::write(file.get(), more.data(), more.size()), static_cast<ssize_t>(more.size()));
  EXPECT_EQ(ask(file.get(), 0x2000).name, "second");
  EXPECT_EQ(symbolizer_.statistics().modules_loaded, 2U);
}

TEST_F(PerfMapFile, OnlyRegularFiles) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Fd reader(ends[0]);
  Fd writer(ends[1]);
  EXPECT_EQ(ask(reader.get(), 0x1000).outcome, Outcome::kUnreadable);
  EXPECT_EQ(ask(-1, 0x1000).outcome, Outcome::kUnreadable);
  EXPECT_EQ(ask(open_readonly("/dev/zero")->get(), 0x1000).outcome, Outcome::kUnreadable);
}

TEST_F(PerfMapFile, GarbageIsMalformed) {
  Fd file = file_with(std::string(5000, '\x01'));
  EXPECT_EQ(ask(file.get(), 0x1000).outcome, Outcome::kMalformed);
  EXPECT_EQ(ask(file.get(), 0x1000).outcome, Outcome::kMalformed);
  EXPECT_EQ(symbolizer_.statistics().modules_failed, 1U);
}

TEST_F(PerfMapFile, HugeSparseFileIsBounded) {
  Fd file = file_with("1000 10 first\n");
  ASSERT_EQ(::ftruncate(file.get(), off_t{10} << 30), 0);
  EXPECT_EQ(ask(file.get(), 0x1004).name, "first");
}

}  // namespace
}  // namespace perfscope::symbolizer::test
