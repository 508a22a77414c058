// docs/file-format.md tells the truth: its queries run, and it names every table, column, name and
// fact that a recording has.
#include <sstream>

#include "base/fd.h"
#include "store/reader.h"
#include "unit/model/sample_profiles.h"
#include "unit/store/support.h"

namespace perfscope::store {
namespace {

class FormatDoc : public testing::StoreTest {
 protected:
  void SetUp() override {
    write(testing::shop_profile());
    Result<std::string> text = read_file(FILE_FORMAT_DOC);
    ASSERT_TRUE(text);
    doc_ = *text;
  }
  void expect_documented(const std::string& name) {
    EXPECT_NE(doc_.find("`" + name + "`"), std::string::npos) << name;
  }
  std::vector<std::string> column(const std::string& sql) {
    std::vector<std::string> cells;
    EXPECT_TRUE(query(path_, sql, [&](const auto& row) { cells.push_back(row[0]); })) << sql;
    cells.erase(cells.begin());
    return cells;
  }

  std::string doc_;
};

TEST_F(FormatDoc, QueriesRunAndFindSomething) {
  constexpr std::string_view kFence = "```sql\n";
  std::size_t queries = 0;
  for (std::size_t at = doc_.find(kFence); at != std::string::npos; at = doc_.find(kFence, at)) {
    at += kFence.size();
    std::string sql = doc_.substr(at, doc_.find("```", at) - at);
    std::size_t rows = 0;
    Status done = query(path_, sql, [&](const auto&) { ++rows; });
    EXPECT_TRUE(done) << sql << done.error().message();
    EXPECT_GT(rows, 1U) << "no rows: " << sql;
    ++queries;
  }
  EXPECT_GE(queries, 8U);
}

TEST_F(FormatDoc, NamesEveryTableAndColumn) {
  for (const std::string& table :
       column("SELECT name FROM sqlite_schema WHERE type IN ('table','view')")) {
    expect_documented(table);
    std::vector<std::string> columns;
    ASSERT_TRUE(query(path_, "SELECT * FROM " + table + " LIMIT 0",
                      [&](const auto& names) { columns = names; }));
    for (const std::string& name : columns) expect_documented(name);
  }
}

TEST_F(FormatDoc, NamesEveryFact) {
  for (const std::string& key : column("SELECT key FROM facts")) expect_documented(key);
}

TEST_F(FormatDoc, NamesEveryEnumeratedValue) {
  using namespace model;  // NOLINT
  for (std::size_t i = 0; i < kThreadStateCount; ++i)
    expect_documented(thread_state_name(static_cast<ThreadState>(i)));
  for (std::size_t i = 0; i <= std::size_t(ModuleKind::kUnknown); ++i)
    expect_documented(module_kind_name(static_cast<ModuleKind>(i)));
  for (std::size_t i = 0; i <= std::size_t(NameStatus::kBeforeRecording); ++i)
    expect_documented(name_status_name(static_cast<NameStatus>(i)));
  for (std::size_t i = 0; i <= std::size_t(Shape::kLedger); ++i)
    expect_documented(shape_name(static_cast<Shape>(i)));
  for (std::size_t i = 0; i <= std::size_t(Unit::kRatio); ++i)
    expect_documented(unit_name(static_cast<Unit>(i)));
}

}  // namespace
}  // namespace perfscope::store
