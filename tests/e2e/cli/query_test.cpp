// perfscope query reads one recording, and does nothing else.
#include <filesystem>

#include "e2e/cli/refusal.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

class Query : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TempFolder>();
    file_ = folder_->path("x.perfscope");
    CommandResult made = run_perfscope({"record", "-q", "-o", file_, "--", "true"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static inline std::unique_ptr<TempFolder> folder_;
  static inline std::string file_;
};

TEST_F(Query, AnswersOneStatement) {
  EXPECT_EQ(run_perfscope({"query", file_, "SELECT 1 AS a, 'x' AS b;  -- and no more"}).out,
            "a\tb\n1\tx\n");
  EXPECT_EQ(query(file_, "WITH t(n) AS (VALUES (1),(2)) SELECT sum(n) AS s FROM t")[0].at("s"),
            "3");
  EXPECT_GT(number(file_, "SELECT count(*) FROM slices"), 0);
}

TEST_F(Query, RefusesEverythingElse) {
  std::string before = read_all(file_);
  std::string other = folder_->path("other");
  for (const std::string& sql : {std::string("DELETE FROM facts"),
                                 std::string("INSERT INTO facts VALUES ('a','b')"),
                                 std::string("UPDATE facts SET value='x'"),
                                 std::string("DROP TABLE samples"),
                                 std::string("CREATE TABLE t(a)"),
                                 std::string("CREATE TEMP TABLE t(a)"),
                                 std::string("ATTACH '" + other + "' AS other"),
                                 std::string("PRAGMA user_version=7"),
                                 std::string("PRAGMA journal_mode"),
                                 std::string("SELECT * FROM pragma_database_list"),
                                 std::string("VACUUM INTO '" + other + "'"),
                                 std::string("BEGIN"),
                                 std::string("SELECT 1; SELECT 2"),
                                 std::string("SELECT 1; DELETE FROM facts"),
                                 std::string("SELECT load_extension('x')"),
                                 std::string("SELECT writefile('" + other + "', 'x')"),
                                 std::string(""),
                                 std::string("  -- nothing"),
                                 std::string("SELEKT 1"),
                                 std::string("SELECT nope FROM samples"),
                                 std::string("SELECT * FROM nope"),
                                 std::string("SELECT 'open")})
    EXPECT_TRUE(refuses({"query", file_, sql}, kUsage, {"query"})) << sql;
  EXPECT_EQ(read_all(file_), before);
  EXPECT_FALSE(std::filesystem::exists(other));
}

// An answer is data: what a recording holds must not take over a terminal, and does not reach one
// raw.
TEST_F(Query, ErrorsAreOneLine) {
  EXPECT_TRUE(refuses({"query", file_, "SELECT\n\x1b[2J oops\n oops"}, kUsage));
}

}  // namespace
}  // namespace perfscope::test
