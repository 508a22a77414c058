// query(): one statement, which reads this file and nothing else.
#include "base/fd.h"
#include "store/reader.h"
#include "unit/model/sample_profiles.h"
#include "unit/store/support.h"

namespace perfscope::store {
namespace {

using Rows = std::vector<std::vector<std::string>>;

class Query : public testing::StoreTest {
 protected:
  void SetUp() override { write(testing::shop_profile()); }

  Rows rows(const std::string& sql) {
    Rows found;
    Status done = query(path_, sql, [&](const auto& row) { found.push_back(row); });
    EXPECT_TRUE(done) << sql << ": " << done.error().message();
    return found;
  }
  std::string error(const std::string& sql) {
    Rows found;
    Status done = query(path_, sql, [&](const auto& row) { found.push_back(row); });
    EXPECT_FALSE(done) << sql;
    if (done) return "";
    EXPECT_EQ(done.error().code(), ErrorCode::kUsage) << sql;
    return done.error().message();
  }
};

TEST_F(Query, GivesColumnNamesFirst) {
  EXPECT_EQ(rows("SELECT pid, name AS process FROM processes WHERE pid=815"),
            (Rows{{"pid", "process"}, {"815", "postgres"}}));
  EXPECT_EQ(rows("SELECT pid FROM processes WHERE pid=0"), (Rows{{"pid"}}));
}

TEST_F(Query, ShowsNullsAsNothingAndBlobsAsTheyAre) {
  EXPECT_EQ(rows("SELECT NULL AS n, x'4100ff' AS b, 1.5 AS r, -1 AS i"),
            (Rows{{"n", "b", "r", "i"}, {"", std::string("A\0\xff", 3), "1.5", "-1"}}));
}

TEST_F(Query, TakesViewsCommonTablesAndJson) {
  EXPECT_EQ(
      rows("SELECT process FROM process_time WHERE state='on_cpu' ORDER BY seconds DESC LIMIT 1"),
      (Rows{{"process"}, {"python3"}}));
  EXPECT_EQ(rows("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<3) "
                 "SELECT sum(i) AS s FROM n"),
            (Rows{{"s"}, {"6"}}));
  EXPECT_EQ(rows("SELECT json_extract(labels,'$.device') AS d FROM histograms"),
            (Rows{{"d"}, {"nvme0n1"}}));
}

TEST_F(Query, TakesOneStatementOnly) {
  EXPECT_EQ(rows("SELECT 1 AS a;").size(), 2U);
  EXPECT_EQ(rows("SELECT 1 AS a ; ; -- done\n /* really */ \n;").size(), 2U);
  for (const char* sql : {"SELECT 1; SELECT 2", "SELECT 1;; SELECT 2", "SELECT 1; DROP TABLE facts",
                          "SELECT 1; nonsense", "SELECT 1; -- c\nSELECT 2"})
    EXPECT_NE(error(sql).find("not several"), std::string::npos) << sql;
  for (const char* sql : {"", "  ", ";", "-- nothing"})
    EXPECT_NE(error(sql).find("give one SELECT"), std::string::npos) << sql;
}

TEST_F(Query, OnlyReads) {
  const std::string before = *read_file(path_);
  for (const char* sql :
       {"DELETE FROM facts", "UPDATE facts SET value=''", "INSERT INTO facts VALUES ('a','b')",
        "CREATE TABLE t (x)", "CREATE TEMP TABLE t (x)", "DROP TABLE facts", "VACUUM",
        "VACUUM INTO '/tmp/perfscope-vacuum'", "ATTACH '/etc/passwd' AS p", "PRAGMA user_version",
        "PRAGMA writable_schema=1", "BEGIN", "REINDEX", "ANALYZE", "DETACH main",
        "SELECT load_extension('x')"})
    error(sql);
  EXPECT_EQ(*read_file(path_), before);
  EXPECT_NE(error("DELETE FROM facts").find("only SELECT statements"), std::string::npos);
}

TEST_F(Query, ExplainsMistakes) {
  for (const auto& [sql, message] : {std::pair{"SELECT * FROM nowhere", "no such table: nowhere"},
                                     {"SELEKT 1", "syntax error"},
                                     {"SELECT abs(-9223372036854775808)", "integer overflow"},
                                     {"SELECT hex(zeroblob(100000000))", "too big"}})
    EXPECT_NE(error(sql).find(message), std::string::npos) << error(sql);
}

TEST_F(Query, ReportsFilesAsReadingDoes) {
  Status missing = query(path_ + ".not", "SELECT 1", [](const auto&) {});
  EXPECT_EQ(missing.error().code(), ErrorCode::kBadInput);
}

}  // namespace
}  // namespace perfscope::store
