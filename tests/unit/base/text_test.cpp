#include "base/text.h"

#include <gtest/gtest.h>

namespace perfscope {
namespace {

const std::string kReplacement = "\xef\xbf\xbd";

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Printable, LeavesTextAlone) {
  for (const char* text : {"", "plain", "größe", "日本語", "🔥 hot", "a~ z!"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, DisarmsEscapeSequences) {
  EXPECT_EQ(printable("\x1b[2Jevil"), "?[2Jevil");
  EXPECT_EQ(printable("\x1b]0;title\x07"), "?]0;title?");
  EXPECT_EQ(printable("a\r\nb\tc"), "a??b?c");
  EXPECT_EQ(printable("del\x7f"), "del?");
  EXPECT_EQ(printable(std::string_view("nul\0!", 5)), "nul?!");
}

// U+009B is CSI in one character: as dangerous as ESC [.
TEST(Printable, DisarmsTheC1Controls) {
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "?2J");
  EXPECT_EQ(printable("\xc2\x80\xc2\x9f"), "??");
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0") << "U+00A0 is no control character";
  EXPECT_EQ(printable("\x9b"), kReplacement) << "a lone byte is no UTF-8 at all";
}

TEST(Printable, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(printable("a\xff"
                      "b"),
            "a" + kReplacement + "b");
  EXPECT_EQ(printable("\xc0\xaf"), repeat(kReplacement, 2)) << "overlong slash";
  EXPECT_EQ(printable("\xe0\x80\xaf"), repeat(kReplacement, 3)) << "overlong slash";
  EXPECT_EQ(printable("\xf0\x80\x80\xaf"), repeat(kReplacement, 4)) << "overlong slash";
  EXPECT_EQ(printable("\xed\xa0\x80"), repeat(kReplacement, 3)) << "surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), repeat(kReplacement, 4)) << "beyond U+10FFFF";
  EXPECT_EQ(printable("\xf5\x80\x80\x80"), repeat(kReplacement, 4)) << "beyond U+10FFFF";
  EXPECT_EQ(printable("\x80"), kReplacement) << "continuation without a lead";
}

TEST(Printable, ReplacesSequencesThatEndEarly) {
  EXPECT_EQ(printable("\xe2\x82"), repeat(kReplacement, 2));
  EXPECT_EQ(printable("\xe2\x82x"), repeat(kReplacement, 2) + "x");
  EXPECT_EQ(printable("\xf0\x9f\x94"), repeat(kReplacement, 3));
  EXPECT_EQ(printable("\xc3\x1b[m"), kReplacement + "?[m") << "the escape is not swallowed";
}

TEST(Printable, AcceptsTheLimitsOfEachLength) {
  for (const char* text : {"\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, NeverLetsAControlByteThrough) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      std::string shown =
          printable(std::string{static_cast<char>(first), static_cast<char>(second)});
      EXPECT_EQ(printable(shown), shown) << first << " " << second;
      for (char byte : shown) EXPECT_TRUE(static_cast<uint8_t>(byte) >= 0x20 && byte != 0x7f);
    }
  }
}

TEST(Columns, CountsCodePoints) {
  EXPECT_EQ(columns(""), 0U);
  EXPECT_EQ(columns("abc"), 3U);
  EXPECT_EQ(columns("größe"), 5U);
  EXPECT_EQ(columns("日本"), 2U);
}

TEST(Fit, PadsOnTheRight) {
  EXPECT_EQ(fit("abc", 5), "abc  ");
  EXPECT_EQ(fit("é", 3), "é  ");
  EXPECT_EQ(fit("abc", 3), "abc");
}

TEST(Fit, CutsWithAnEllipsis) {
  EXPECT_EQ(fit("abcdef", 4), "abc…");
  EXPECT_EQ(fit("ééé", 2), "é…");
  EXPECT_EQ(fit("abc", 1), "…");
  EXPECT_EQ(fit("abc", 0), "");
}

TEST(Fit, IsAlwaysAsWideAsAsked) {
  for (std::size_t width = 0; width < 12; ++width)
    EXPECT_EQ(columns(fit("日本 größe", width)), width) << width;
}

}  // namespace
}  // namespace perfscope
