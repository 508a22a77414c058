#include "symbolizer/demangle.h"

#include <chrono>

#include <gtest/gtest.h>

namespace perfscope::symbolizer {
namespace {

TEST(Demangle, LeavesPlainNamesAlone) {
  for (std::string name : {"", "main", "_", "_Z", "_R", "_ZZZZ", "_Rust", "foo.cold", "Z3foov",
                           "Java_com_example_Foo", "\xff\xfe"})
    EXPECT_EQ(demangle(name), name);
}

TEST(Demangle, Cxx) {
  EXPECT_EQ(demangle("_Z3foov"), "foo()");
  EXPECT_EQ(demangle("_ZNSt6vectorIiSaIiEE9push_backEOi"),
            "std::vector<int, std::allocator<int> >::push_back(int&&)");
  EXPECT_EQ(demangle("_Z3foov.cold"), "foo() [clone .cold]");
  EXPECT_EQ(demangle("_Z3foov@plt"), "foo()@plt");
}

TEST(Demangle, RustLegacyWithoutHash) {
  EXPECT_EQ(demangle("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE"),
            "core::fmt::Formatter::pad");
  EXPECT_EQ(demangle("_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$"
                     "3bar17h930b740aa94f1d3aE"),
            "<Test + 'static as foo::Bar<Test>>::bar");
}

TEST(Demangle, RustV0WithoutHash) {
  EXPECT_EQ(demangle("_RNvCs15kBYyAo9fc_7mycrate7example"), "mycrate::example");
  EXPECT_EQ(demangle("_RNvMsr_NtCs3ssYzQotkvD_3std4pathNtB5_7PathBuf3newCs15kBYyAo9fc_7mycrate"),
            "<std::path::PathBuf>::new");
}

TEST(Demangle, LongNamesAreLeftAlone) {
  const std::string name = "_Z" + std::string(kMaxMangledName, 'P') + "i";
  EXPECT_EQ(demangle(name), name);
}

TEST(Demangle, DeepNestingIsRefused) {
  const std::string name = "_Z3foo" + std::string(10000, 'P') + "i";
  EXPECT_EQ(demangle(name), name);
}

// Each argument holds the one before it twice: the last one has 2^36 parts.
TEST(Demangle, ExplodingNamesAreCutInTime) {
  constexpr std::string_view kSubstitutions = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string name = "_Z3foo1AIiiE";
  for (char digit : kSubstitutions) {
    const std::string before = std::string("S") + digit + "_";
    name.append("S_I").append(before).append(before).append("E");
  }
  auto started = std::chrono::steady_clock::now();
  std::string text = demangle(name);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(1));
  EXPECT_LE(text.size(), kMaxDemangledName + 3);
  EXPECT_TRUE(text.ends_with("...")) << text.size();
}

TEST(Demangle, EmptyIdentifiersAreHandled) {
  EXPECT_FALSE(demangle("_RINvC0a1bTTTTTTuqEB_B2_EE").empty());
}

TEST(Demangle, LongRustNamesAreCut) {
  const std::string name = "_RINvC1a1b";
  EXPECT_EQ(demangle(name + "hE"), "a::b::<u8>");
  const std::string cut = demangle(name + std::string(3000, 'h') + "E");
  EXPECT_EQ(cut.size(), kMaxDemangledName + 3);
  EXPECT_TRUE(cut.ends_with("..."));
}

}  // namespace
}  // namespace perfscope::symbolizer
