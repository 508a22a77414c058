// The cache, the statistics, and files that are not what they should be.
#include "symbolizer/symbolizer.h"

#include <chrono>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/symbolizer/support.h"

namespace perfscope::symbolizer::test {
namespace {

using Offsets = std::vector<uint64_t>;

TEST(Symbolizer, AnswersEveryOffsetInOrder) {
  auto nm = nm_of("normal.so");
  Result<Fd> file = open_readonly(fixture("normal.so"));
  ModuleSource source;
  source.fd = file->get();
  Symbolizer symbolizer(no_host_debug_files());
  auto symbols = symbolizer.symbolize(
      source, Offsets{nm["compare"], UINT64_MAX, nm["sample_static"], nm["compare"]});
  ASSERT_EQ(symbols.size(), 4U);
  EXPECT_EQ(symbols[0].name, "compare");
  EXPECT_EQ(symbols[1].outcome, Outcome::kNoSymbol);
  EXPECT_EQ(symbols[2].name, "sample_static");
  EXPECT_EQ(symbols[3].name, "compare");
  EXPECT_TRUE(symbolizer.symbolize(source, Offsets{}).empty());
}

TEST(Symbolizer, ReadsAModuleOnce) {
  Symbolizer symbolizer(no_host_debug_files());
  for (int i = 0; i < 3; ++i) {
    Result<Fd> file = open_readonly(fixture("anonymous.so"));
    ModuleSource source;
    source.fd = file->get();
    symbolizer.symbolize(source, Offsets{0x1000});
  }
  const Statistics& statistics = symbolizer.statistics();
  EXPECT_EQ(statistics.modules_loaded, 1U);
  EXPECT_GT(statistics.symbols_loaded, 5U);
  EXPECT_GT(statistics.table_bytes, 100U);
  EXPECT_GT(statistics.load_ns, 0U);
}

TEST(Symbolizer, SharesModulesByBuildIdAndAnswersWithoutTheFile) {
  auto nm = nm_of("normal.so");
  Symbolizer symbolizer(no_host_debug_files());
  ModuleSource source;
  source.build_id = "0123456789abcdef";
  EXPECT_EQ(symbolizer.symbolize(source, Offsets{nm["compare"]})[0].outcome, Outcome::kUnreadable);
  {
    Fd copy = file_with(bytes_of(fixture("normal.so")));
    source.fd = copy.get();
    symbolizer.symbolize(source, Offsets{0});
  }
  Fd other_copy = file_with(bytes_of(fixture("normal.so")));
  source.fd = other_copy.get();
  EXPECT_EQ(symbolizer.symbolize(source, Offsets{nm["compare"]})[0].name, "compare");
  EXPECT_EQ(symbolizer.statistics().modules_loaded, 1U);
  source.fd = -1;
  EXPECT_EQ(symbolizer.symbolize(source, Offsets{nm["compare"]})[0].name, "compare");
}

TEST(Symbolizer, RefusesAFileOfAnotherBuild) {
  ModuleSource source;
  source.build_id = "ffff";
  EXPECT_EQ(symbol_at(fixture("normal.so"), 0x1000, source).outcome, Outcome::kMalformed);
}

TEST(Symbolizer, RemembersFailures) {
  Fd file = file_with("no ELF file at all, though long enough for its header, or nearly so .....");
  ModuleSource source;
  source.fd = file.get();
  Symbolizer symbolizer;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(symbolizer.symbolize(source, Offsets{0})[0].outcome, Outcome::kMalformed);
  EXPECT_EQ(symbolizer.statistics().modules_failed, 1U);
}

TEST(Symbolizer, KeepsItsBudget) {
  Options options = no_host_debug_files();
  options.cache_budget_bytes = 4000;
  Symbolizer symbolizer(options);
  for (int i = 0; i < 50; ++i) {
    Fd file = file_with(bytes_of(fixture("normal.so")));
    ModuleSource source;
    source.fd = file.get();
    EXPECT_EQ(symbolizer.symbolize(source, Offsets{nm_of("normal.so")["compare"]})[0].name,
              "compare");
    EXPECT_LE(symbolizer.statistics().table_bytes, 4000U);
  }
  EXPECT_EQ(symbolizer.statistics().modules_loaded, 50U);
}

TEST(Symbolizer, OnlyRegularFilesAreRead) {
  Symbolizer symbolizer;
  ModuleSource source;
  auto outcome = [&](int fd) {
    source.fd = fd;
    return symbolizer.symbolize(source, Offsets{0x1000})[0].outcome;
  };
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Fd reader(ends[0]);
  Fd writer(ends[1]);
  EXPECT_EQ(outcome(reader.get()), Outcome::kUnreadable);
  EXPECT_EQ(outcome(open_readonly("/")->get()), Outcome::kUnreadable);
  EXPECT_EQ(outcome(open_readonly("/dev/zero")->get()), Outcome::kUnreadable);
  EXPECT_EQ(outcome(-1), Outcome::kUnreadable);
  EXPECT_EQ(outcome(12345), Outcome::kUnreadable);
}

TEST(Symbolizer, HugeSparseFilesAreRefusedQuickly) {
  auto started = std::chrono::steady_clock::now();
  Fd zeros = file_with("");
  ASSERT_EQ(::ftruncate(zeros.get(), off_t{10} << 30), 0);
  Fd elf = file_with(bytes_of(fixture("normal.so")).substr(0, 64));
  ASSERT_EQ(::ftruncate(elf.get(), off_t{10} << 30), 0);
  Symbolizer symbolizer;
  ModuleSource source;
  source.fd = zeros.get();
  EXPECT_EQ(symbolizer.symbolize(source, Offsets{1})[0].outcome, Outcome::kMalformed);
  source.fd = elf.get();
  EXPECT_NE(symbolizer.symbolize(source, Offsets{1})[0].outcome, Outcome::kNamed);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(1));
}

TEST(Symbolizer, NamesTheVdso) {
  ModuleSource source;
  source.kind = SourceKind::kVdso;
  source.name = "[vdso]";
  Symbolizer symbolizer;
  Offsets offsets;
  for (uint64_t offset = 0; offset < 16384; offset += 16) offsets.push_back(offset);
  bool has_clock_gettime = false;
  for (const Symbol& symbol : symbolizer.symbolize(source, offsets))
    has_clock_gettime |= symbol.name.find("clock_gettime") != std::string::npos;
  EXPECT_TRUE(has_clock_gettime);
}

}  // namespace
}  // namespace perfscope::symbolizer::test
