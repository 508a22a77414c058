#include "symbolizer/symbol_table.h"

#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace perfscope::symbolizer {
namespace {

using Candidate = SymbolTableBuilder::Candidate;

std::string name_at(const SymbolTable& table, uint64_t address) {
  auto match = table.find(address);
  return match ? std::string(match->name) : "-";
}

SymbolTable make(const std::vector<Candidate>& candidates) {
  SymbolTableBuilder builder;
  for (const Candidate& candidate : candidates) EXPECT_TRUE(builder.add(candidate));
  return builder.build();
}

TEST(SymbolTable, EmptyTableKnowsNothing) {
  SymbolTable table;
  EXPECT_EQ(name_at(table, 0), "-");
  EXPECT_EQ(name_at(table, UINT64_MAX), "-");
}

TEST(SymbolTable, CoversFromStartToEnd) {
  SymbolTable table = make(
      {{.start = 0x100, .size = 0x10, .name = "a"}, {.start = 0x200, .size = 0x10, .name = "b"}});
  EXPECT_EQ(name_at(table, 0xff), "-");
  EXPECT_EQ(name_at(table, 0x100), "a");
  EXPECT_EQ(name_at(table, 0x10f), "a");
  EXPECT_EQ(name_at(table, 0x110), "-");
  EXPECT_EQ(name_at(table, 0x200), "b");
}

TEST(SymbolTable, InnermostOfNestedSymbols) {
  SymbolTable table = make({{.start = 0x100, .size = 0x100, .name = "outer"},
                            {.start = 0x140, .size = 0x10, .name = "inner"}});
  EXPECT_EQ(name_at(table, 0x145), "inner");
  EXPECT_EQ(name_at(table, 0x150), "outer");
  EXPECT_EQ(name_at(table, 0x13f), "outer");
}

TEST(SymbolTable, SymbolWithoutSizeEndsAtTheNextOrItsExtent) {
  SymbolTable table = make({{.start = 0x100, .extent = 0x1000, .name = "a"},
                            {.start = 0x200, .extent = 0x20, .name = "b"}});
  EXPECT_EQ(name_at(table, 0x1ff), "a");
  EXPECT_TRUE(table.find(0x1ff)->size_is_guessed);
  EXPECT_EQ(name_at(table, 0x21f), "b");
  EXPECT_EQ(name_at(table, 0x220), "-");
}

TEST(SymbolTable, LabelInsideFunctionIsNoFunction) {
  SymbolTable table = make({{.start = 0x100, .size = 0x40, .name = "function"},
                            {.start = 0x120, .extent = 0x100, .name = "label"},
                            {.start = 0x140, .extent = 0x100, .name = "next"}});
  EXPECT_EQ(name_at(table, 0x130), "function");
  EXPECT_EQ(name_at(table, 0x140), "next");
}

TEST(SymbolTable, ReachBeforeOtherTag) {
  SymbolTableBuilder builder;
  builder.set_reach_before_other_tag(0x10);
  builder.add({.start = 0x100, .tag = 0, .name = "a"});
  builder.add({.start = 0x200, .tag = 0, .name = "b"});
  builder.add({.start = 0x300, .tag = 1, .name = "c"});
  SymbolTable table = builder.build();
  EXPECT_EQ(name_at(table, 0x1ff), "a");
  EXPECT_EQ(name_at(table, 0x20f), "b");
  EXPECT_EQ(name_at(table, 0x210), "-");
  EXPECT_EQ(name_at(table, 0x30f), "c");
  EXPECT_EQ(table.find(0x200)->tag, 0);
  EXPECT_EQ(table.find(0x300)->tag, 1);
}

TEST(SymbolTable, KeepsTheBestNamePerAddressWhateverTheOrder) {
  std::vector<Candidate> aliases{{.start = 1, .size = 4, .rank = 1, .name = "a_low_rank"},
                                 {.start = 1, .size = 4, .rank = 2, .name = "__read"},
                                 {.start = 1, .size = 4, .rank = 2, .name = "read"},
                                 {.start = 1, .size = 4, .rank = 2, .name = "read64"}};
  for (int i = 0; i < 24; ++i) {
    EXPECT_EQ(name_at(make(aliases), 1), "read");
    std::next_permutation(aliases.begin(), aliases.end(),
                          [](const Candidate& a, const Candidate& b) { return a.name < b.name; });
  }
}

TEST(SymbolTable, AddressesFarApartAndAcrossFourGigabytes) {
  const uint64_t border = uint64_t{5} << 32;
  SymbolTable table = make({{.start = 0x1000, .size = 0x10, .name = "low"},
                            {.start = border - 8, .size = 0x10, .name = "across"},
                            {.start = border + 0x100, .size = 0x10, .name = "above"},
                            {.start = 0xffffffff81000000, .size = 0x10, .name = "kernel"},
                            {.start = UINT64_MAX - 1, .size = 0x10, .name = "last"}});
  EXPECT_EQ(name_at(table, 0x1008), "low");
  EXPECT_EQ(name_at(table, border - 1), "across");
  EXPECT_EQ(name_at(table, border + 7), "across");
  EXPECT_EQ(name_at(table, border + 8), "-");
  EXPECT_EQ(name_at(table, border + 0x101), "above");
  EXPECT_EQ(name_at(table, 0xffffffff81000001), "kernel");
  EXPECT_EQ(name_at(table, UINT64_MAX), "last");
  EXPECT_EQ(name_at(table, uint64_t{9} << 32), "-");
  EXPECT_EQ(table.find(border + 7)->start, border - 8);
}

TEST(SymbolTable, CutsOverlongNames) {
  const std::string name(SymbolTableBuilder::kMaxNameLength + 10, 'x');
  SymbolTable table = make({{.start = 1, .size = 1, .name = name}});
  EXPECT_EQ(table.find(1)->name.size(), SymbolTableBuilder::kMaxNameLength);
}

TEST(SymbolTable, RefusesMoreThanItsBound) {
  SymbolTableBuilder builder;
  const std::string name(SymbolTableBuilder::kMaxNameLength, 'x');
  std::size_t added = 0;
  while (builder.add({.start = added, .size = 1, .name = name})) ++added;
  EXPECT_LE(added * name.size(), SymbolTableBuilder::kMaxNamesBytes);
  EXPECT_GE((added + 2) * name.size(), SymbolTableBuilder::kMaxNamesBytes);
}

// Disjoint symbols in random order: each one is found from its first byte to its last.
TEST(SymbolTable, AgreesWithItsInput) {
  std::mt19937_64 random(1);
  SymbolTableBuilder builder;
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (uint64_t at = 0x400000; ranges.size() < 2000; at += random() % 64) {
    uint64_t size = 1 + random() % 100;
    ranges.emplace_back(at, size);
    at += size;
    if (ranges.size() == 1000) at += uint64_t{3} << 32;
  }
  auto shuffled = ranges;
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  for (auto [start, size] : shuffled) builder.add({.start = start, .size = size, .name = "f"});
  SymbolTable table = builder.build();
  std::set<uint64_t> starts;
  for (auto [start, size] : ranges) starts.insert(start);
  for (auto [start, size] : ranges) {
    for (uint64_t address : {start, start + size - 1}) EXPECT_EQ(table.find(address)->start, start);
    EXPECT_EQ(table.find(start + size).has_value(), starts.contains(start + size));
  }
}

}  // namespace
}  // namespace perfscope::symbolizer
