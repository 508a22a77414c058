// Compares the report of synthetic recordings, as text and as JSON, with the committed files.
// PERFSCOPE_UPDATE_GOLDEN=1 rewrites the files; read the difference before you commit it.
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "base/text.h"
#include "output/report.h"
#include "output/writer.h"
#include "unit/model/sample_profiles.h"

namespace perfscope::output {
namespace {

struct Case {
  const char* name;
  model::Profile (*profile)();
  TextOptions options;
};

const Case kTexts[] = {
    {"shop-80.txt", testing::shop_profile, {.width = 80}},
    {"shop-100.txt", testing::shop_profile, {.width = 100}},
    {"shop-100-colour.txt", testing::shop_profile, {.width = 100, .colour = true}},
    {"shop-100-rows-2.txt", testing::shop_profile, {.width = 100, .rows = 2}},
    {"hostile-80.txt", testing::hostile_profile, {.width = 80}},
    {"empty-80.txt", testing::empty_profile, {.width = 80}},
};

void compare(const std::string& name, const std::string& now) {
  const char* folder = std::getenv("PERFSCOPE_GOLDEN_DIR");
  ASSERT_NE(folder, nullptr) << "run it with ctest, or set PERFSCOPE_GOLDEN_DIR";
  std::string path = std::string(folder) + "/" + name;
  if (std::getenv("PERFSCOPE_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(write_file(path, now));
    return;
  }
  Result<std::string> expected = read_file(path);
  ASSERT_TRUE(expected) << expected.error().message();
  EXPECT_EQ(now, *expected) << "PERFSCOPE_UPDATE_GOLDEN=1 rewrites " << path;
}

std::string without_colour(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\x1b')
      at = text.find('m', at);
    else
      plain += text[at];
  }
  return plain;
}

TEST(ReportGolden, TextIsUnchanged) {
  for (const Case& each : kTexts) {
    SCOPED_TRACE(each.name);
    compare(each.name, report_as_text(make_report(each.profile()), each.options));
  }
}

TEST(ReportGolden, JsonIsUnchanged) {
  compare("shop.json", report_as_json(make_report(testing::shop_profile())));
  compare("hostile.json", report_as_json(make_report(testing::hostile_profile())));
  compare("empty.json", report_as_json(make_report(testing::empty_profile())));
}

TEST(ReportText, FitsTheWidth) {
  for (const auto& profile : {testing::shop_profile(), testing::hostile_profile(),
                              testing::empty_profile(), testing::big_profile(500, 5000)})
    for (std::size_t width : {80, 81, 100, 133, 160}) {
      std::istringstream text(report_as_text(make_report(profile), {.width = width, .rows = 50}));
      for (std::string line; std::getline(text, line);) {
        EXPECT_LE(columns(line), width) << line;
        EXPECT_FALSE(line.ends_with(' ')) << "'" << line << "'";
      }
    }
}

TEST(ReportText, SaysTheSameWithAndWithoutColour) {
  Report report = make_report(testing::shop_profile());
  std::string plain = report_as_text(report, {});
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_EQ(without_colour(report_as_text(report, {.colour = true})), plain);
}

TEST(ReportText, LetsNoNameReachTheTerminal) {
  std::string text = report_as_text(make_report(testing::hostile_profile()), {.width = 160});
  for (char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= ' ');
}

// Every key of the document, whatever it is nested in.
void collect_keys(const nlohmann::json& value, std::set<std::string>& keys) {
  if (value.is_object())
    for (const auto& [key, inner] : value.items()) {
      keys.insert(key);
      // Their keys are data: facts, "probe: reason", reasons.
      if (key != "facts" && key != "lost" && key != "unnamed_frames") collect_keys(inner, keys);
    }
  if (value.is_array())
    for (const auto& inner : value) collect_keys(inner, keys);
}

TEST(ReportJson, IsDocumentedKeyByKey) {
  std::set<std::string> keys;
  collect_keys(nlohmann::json::parse(report_as_json(make_report(testing::shop_profile()))), keys);
  std::string doc = *read_file(REPORT_JSON_DOC);
  std::set<std::string> documented;
  // A key is what stands in the first column of a table: "| `key` | …".
  std::istringstream lines(doc);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("| `")) documented.insert(line.substr(3, line.find('`', 3) - 3));
  EXPECT_EQ(keys, documented);
}

TEST(Report, DividesTimeAsTheLedgerDoes) {
  Report report = make_report(testing::shop_profile());
  EXPECT_EQ(report.duration_ns, 10'000'000'000U);
  ASSERT_EQ(report.processes.size(), 6U);
  EXPECT_EQ(report.processes[0].name, "python3");
  EXPECT_EQ(report.processes[1].name, "nginx");
  EXPECT_EQ(report.processes[1].threads, 2U);
  EXPECT_EQ(report.processes[1].on_cpu_ns, 1'517'000'000U);
  EXPECT_EQ(report.idle_threads, 1U);
  EXPECT_EQ(report.bill.lost.count("cpu: idle"), 0U) << "an idle CPU is no loss";
  // Recursion counts once.
  for (const FunctionTime& function : report.functions) {
    EXPECT_LE(function.total_ns, report.sampled_ns);
    EXPECT_LE(function.self_ns, function.total_ns);
  }
}

}  // namespace
}  // namespace perfscope::output
