// Whole binaries through the public interface: every source of names, with nm as truth.
#include <set>

#include <gtest/gtest.h>

#include "unit/symbolizer/support.h"

namespace perfscope::symbolizer::test {
namespace {

TEST(Elf, NamesFunctionsFromSymtab) {
  auto nm = nm_of("normal.so");
  for (std::string name :
       {"sample_exported", "sample_static", "compare", "sample_asm", "sample_sized"}) {
    ASSERT_TRUE(nm.contains(name));
    Symbol symbol = symbol_at(fixture("normal.so"), nm[name] + 1);
    EXPECT_EQ(symbol.outcome, Outcome::kNamed);
    EXPECT_EQ(symbol.name, name);
    EXPECT_EQ(symbol.start_offset, nm[name]);
    EXPECT_EQ(symbol.module, "");
  }
}

TEST(Elf, PrefersTheNameThatPeopleKnow) {
  auto nm = nm_of("normal.so");
  ASSERT_EQ(nm["sample_plain"], nm["__sample_plain"]);
  EXPECT_EQ(symbol_at(fixture("normal.so"), nm["sample_plain"]).name, "sample_plain");
}

TEST(Elf, LabelInsideFunctionKeepsTheFunctionsName) {
  uint64_t label = nm_of("normal.so")["sample_inner_label"];
  EXPECT_EQ(symbol_at(fixture("normal.so"), label).name, "sample_sized");
}

TEST(Elf, NothingOutsideOfCode) {
  EXPECT_EQ(symbol_at(fixture("normal.so"), 0).outcome, Outcome::kNoSymbol);
  EXPECT_EQ(symbol_at(fixture("normal.so"), uint64_t{1} << 40).outcome, Outcome::kNoSymbol);
  EXPECT_EQ(symbol_at(fixture("normal.so"), UINT64_MAX).outcome, Outcome::kNoSymbol);
}

TEST(Elf, OffsetsAreConvertedBySegments) {
  auto nm = nm_of("program");
  ASSERT_GE(nm["second_hidden"], 0x400000U);
  Symbol symbol = symbol_at(fixture("program"), nm["second_hidden"] - 0x400000 + 3);
  EXPECT_EQ(symbol.name, "second_hidden");
  EXPECT_EQ(symbol.start_offset, nm["second_hidden"] - 0x400000);
}

TEST(Elf, NamesPltStubs) {
  for (std::string file : {"normal.so", "ibt.so", "stripped.so"}) {
    std::set<std::string> stubs;
    for (uint64_t offset = 0x1000; offset < 0x1100; offset += 4) {
      Symbol symbol = symbol_at(fixture(file), offset);
      if (symbol.name.ends_with("@plt")) stubs.insert(symbol.name);
    }
    EXPECT_TRUE(stubs.contains("qsort@plt")) << file;
  }
}

TEST(Elf, StrippedLibraryHasDynsymAndBounds) {
  auto nm = nm_of("normal.so");
  EXPECT_EQ(symbol_at(fixture("stripped.so"), nm["sample_exported"] + 2).name, "sample_exported");
  Symbol hidden = symbol_at(fixture("stripped.so"), nm["sample_static"] + 2);
  EXPECT_EQ(hidden.outcome, Outcome::kBounds);
  EXPECT_EQ(hidden.start_offset, nm["sample_static"]);
}

TEST(Elf, StrippedProgramHasBounds) {
  auto nm = nm_of("program");
  for (std::string name : {"first_hidden", "second_hidden", "main"}) {
    uint64_t start = nm[name] - 0x400000;
    Symbol symbol = symbol_at(fixture("program.stripped"), start + 5);
    EXPECT_EQ(symbol.outcome, Outcome::kBounds);
    EXPECT_EQ(symbol.start_offset, start);
    char expected[64];
    std::snprintf(expected, sizeof expected, "program.stripped+0x%lx", start);
    EXPECT_EQ(symbol.name, expected);
  }
}

TEST(Elf, DemanglesCxxNames) {
  auto nm = nm_of("names.so");
  EXPECT_EQ(symbol_at(fixture("names.so"), nm["_ZN4shop6Basket3addEiPKc"]).name,
            "shop::Basket::add(int, char const*)");
  EXPECT_EQ(symbol_at(fixture("names.so"), nm["_ZN4shop5twiceIlEET_S1_"]).name,
            "long shop::twice<long>(long)");
}

TEST(Elf, ThirtyTwoBitFiles) {
  auto nm = nm_of("small.so");
  EXPECT_EQ(symbol_at(fixture("small.so"), nm["small_hidden"] + 1).name, "small_hidden");
  EXPECT_EQ(symbol_at(fixture("small.so"), nm["small_exported"] + 1).name, "small_exported");
  Symbol hidden = symbol_at(fixture("small.stripped.so"), nm["small_hidden"] + 1);
  EXPECT_EQ(hidden.outcome, Outcome::kBounds);
  EXPECT_EQ(hidden.start_offset, nm["small_hidden"]);
}

TEST(MiniDebuginfo, AddsTheFunctionsThatDynsymLacks) {
  auto nm = nm_of("normal.so");
  EXPECT_EQ(symbol_at(fixture("mini.so"), nm["sample_static"] + 2).name, "sample_static");
  EXPECT_EQ(symbol_at(fixture("mini.so"), nm["sample_exported"] + 2).name, "sample_exported");
}

TEST(MiniDebuginfo, TornStreamIsIgnored) {
  auto nm = nm_of("normal.so");
  EXPECT_EQ(symbol_at(fixture("torn.so"), nm["sample_static"] + 2).outcome, Outcome::kBounds);
  EXPECT_EQ(symbol_at(fixture("torn.so"), nm["sample_exported"] + 2).name, "sample_exported");
}

// The stripped library, with the debug files below that folder as those of its process.
Symbol static_function_with_root(const std::string& root) {
  ModuleSource source;
  source.path = "/opt/normal.so";
  source.root = fixture(root);
  Options options;
  options.debug_roots = {"/usr/lib/debug"};
  return symbol_at(fixture("stripped.so"), nm_of("normal.so")["sample_static"] + 2, source,
                   options);
}

TEST(DebugFile, IsFoundByBuildIdBelowTheProcessRoot) {
  EXPECT_EQ(static_function_with_root("by-build-id").name, "sample_static");
}

TEST(DebugFile, IsFoundByBuildIdOnTheHost) {
  ModuleSource source;
  source.path = "/opt/normal.so";
  source.root = fixture("wrong-build-id");
  Options options;
  options.debug_roots = {fixture("by-build-id") + "/usr/lib/debug"};
  uint64_t offset = nm_of("normal.so")["sample_static"] + 2;
  EXPECT_EQ(symbol_at(fixture("stripped.so"), offset, source, options).name, "sample_static");
}

TEST(DebugFile, OfAnotherBuildIsRefused) {
  EXPECT_EQ(static_function_with_root("wrong-build-id").outcome, Outcome::kBounds);
}

TEST(DebugFile, FifoNeitherBlocksNorCounts) {
  EXPECT_EQ(static_function_with_root("fifo-build-id").outcome, Outcome::kBounds);
}

TEST(DebugFile, LinksDoNotLeadOutOfTheProcessRoot) {
  EXPECT_EQ(static_function_with_root("link-build-id").outcome, Outcome::kBounds);
}

Symbol static_function_by_link(const std::string& root) {
  ModuleSource source;
  source.path = "/opt/anonymous.so";
  source.root = fixture(root);
  Options options;
  options.debug_roots = {"/usr/lib/debug"};
  return symbol_at(fixture(root + "/opt/anonymous.so"), nm_of("anonymous.so")["sample_static"] + 2,
                   source, options);
}

TEST(DebugFile, IsFoundByLinkInEachPlace) {
  for (std::string root : {"link-beside", "link-subdirectory", "link-debug-root"})
    EXPECT_EQ(static_function_by_link(root).name, "sample_static") << root;
}

TEST(DebugFile, WithWrongSumIsRefused) {
  EXPECT_EQ(static_function_by_link("link-wrong-sum").outcome, Outcome::kBounds);
}

}  // namespace
}  // namespace perfscope::symbolizer::test
