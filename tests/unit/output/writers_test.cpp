// Every writer on every kind of view: none fails, and each keeps its format's promises.
#include <algorithm>
#include <cctype>
#include <sstream>

#include <gtest/gtest.h>

#include "output/writer.h"
#include "unit/output/sample_views.h"

namespace perfscope::output {
namespace {

std::string written(const char* extension, const model::View& view) {
  Result<const OutputFormat*> format = format_for(extension);
  EXPECT_TRUE(format) << extension;
  Result<std::string> bytes = (*format)->write(view, {});
  EXPECT_TRUE(bytes) << bytes.error().message();
  return *bytes;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) out.push_back(line);
  return out;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Writers, TakeEveryView) {
  for (const OutputFormat& format : output_formats())
    for (const model::View& view :
         {testing::small_view(), testing::hostile_view(), testing::empty_view(),
          testing::deep_view(1000), testing::big_view(50'000)}) {
      Result<std::string> bytes = format.write(view, {});
      ASSERT_TRUE(bytes) << format.extension << ": " << bytes.error().message();
      EXPECT_TRUE(!bytes->empty() || format.extension == ".folded") << format.extension;
    }
}

TEST(Writers, AreDeterministic) {
  model::View view = testing::small_view();
  for (const OutputFormat& format : output_formats())
    EXPECT_EQ(*format.write(view, {}), *format.write(view, {})) << format.extension;
}

TEST(Folded, KeepsFramesAndLinesApart) {
  for (const std::string& line : lines(written(".folded", testing::hostile_view()))) {
    std::size_t blank = line.rfind(' ');
    ASSERT_NE(blank, std::string::npos) << line;
    EXPECT_TRUE(
        std::all_of(line.begin() + static_cast<std::ptrdiff_t>(blank) + 1, line.end(), ::isdigit))
        << line;
    EXPECT_LE(std::count(line.begin(), line.end(), ';'), 1) << line;
  }
}

TEST(Folded, WritesTimeInMicroseconds) {
  model::View view = testing::deep_view(2);
  view.stacks[0].value = 1'234'567;
  EXPECT_EQ(written(".folded", view), "httpd;recurse_1 1235\n");
  view.unit = model::Unit::kCount;
  EXPECT_EQ(written(".folded", view), "httpd;recurse_1 1234567\n");
}

TEST(Csv, HasOneRowPerStackAndNoFormula) {
  model::View view = testing::hostile_view();
  std::vector<std::string> rows = lines(written(".csv", view));
  ASSERT_EQ(rows.size(), view.stacks.size() + 1);
  EXPECT_EQ(rows[0], "value_nanoseconds,count,process,leaf,stack\r");
  for (const std::string& row : rows)
    for (const char* formula : {",=", ",+", ",-", ",@", ",\"=", ",\"+", ",\"-", ",\"@"})
      EXPECT_FALSE(contains(row, formula)) << row;
}

TEST(Csv, QuotesAsRfc4180Says) {
  EXPECT_TRUE(contains(written(".csv", testing::hostile_view()), "\"\"\"quoted\"\", 'too'\""));
}

TEST(Svg, EscapesNames) {
  std::string svg = written(".svg", testing::hostile_view());
  EXPECT_FALSE(contains(svg, "<script"));
  EXPECT_FALSE(contains(svg, "<img"));
  EXPECT_TRUE(contains(svg, "&lt;/script&gt;&lt;img"));
}

TEST(Svg, StatesWhatItLeftOut) {
  EXPECT_FALSE(contains(written(".svg", testing::small_view()), "too narrow"));
  EXPECT_TRUE(contains(written(".svg", testing::big_view(5000)), "frames too narrow to draw, "));
}

TEST(Html, NeverLetsDataEndItsElement) {
  std::string html = written(".html", testing::hostile_view());
  EXPECT_FALSE(contains(html, "<img"));
  EXPECT_TRUE(contains(html, "\\u003c/script>\\u003cimg"));
  std::size_t data = html.find("<script type=\"application/json\"");
  std::size_t end = html.find("</script>", data);
  EXPECT_EQ(html.substr(end - 3, 3), "]}\n");
}

TEST(Html, LoadsNothing) {
  std::string html = written(".html", testing::small_view());
  EXPECT_TRUE(contains(html, "default-src 'none'"));
  for (const char* reference : {"src=\"http", "href=\"http", "@import", "url(http"})
    EXPECT_FALSE(contains(html, reference)) << reference;
}

TEST(Html, TakesSeveralViews) {
  std::vector<model::View> views{testing::small_view(), testing::offcpu_view()};
  Result<std::string> html = write_html(views);
  ASSERT_TRUE(html);
  EXPECT_TRUE(contains(*html, "Off-CPU time"));
  EXPECT_EQ(write_html({}).error().code(), ErrorCode::kUsage);
}

}  // namespace
}  // namespace perfscope::output
