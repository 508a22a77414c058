// Files that are not recordings, or not whole ones.
#include <filesystem>
#include <random>

#include <sqlite3.h>
#include <sys/stat.h>

#include "e2e/cli/refusal.h"
#include "live/truth.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    source_ = std::make_unique<TempFolder>();
    CommandResult made =
        run_perfscope({"record", "-q", "-F", "997", "-o", source_->path("good.perfscope"), "--",
                       program("split"), "--seconds", "0.3"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    good_ = read_all(source_->path("good.perfscope"));
    ASSERT_GT(good_.size(), 20'000U);
  }
  static void TearDownTestSuite() { source_.reset(); }

  // Every command that reads a recording refuses this one.
  void expect_refused(const std::string& file, const std::vector<std::string>& words = {}) const {
    std::vector<std::string> all = words;
    all.push_back(fs::path(file).filename());
    CommandOptions quick{.limit = std::chrono::seconds(20)};
    EXPECT_TRUE(refuses({"report", file}, kBadInput, all, quick));
    EXPECT_TRUE(refuses({"flamegraph", file, "-o", folder_.path("x.svg")}, kBadInput, all, quick));
    EXPECT_TRUE(refuses({"export", file, "-o", folder_.path("x.csv")}, kBadInput, all, quick));
    EXPECT_FALSE(fs::exists(folder_.path("x.svg")) || fs::exists(folder_.path("x.csv")));
  }

  // A good recording with this done to it.
  std::string altered(const std::string& sql) const {
    std::string file = folder_.write("altered.perfscope", good_);
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(database);
    sqlite3_close(database);
    return file;
  }

  // Reads it or refuses it in one line, and ends.
  static testing::AssertionResult survives(const std::string& file) {
    CommandResult result = run_perfscope({"report", file}, {.limit = std::chrono::seconds(20)});
    if (result.exit_code == 0) return testing::AssertionSuccess();
    return is_one_error(result, kBadInput);
  }

  TempFolder folder_;
  static inline std::unique_ptr<TempFolder> source_;
  static inline std::string good_;
};

TEST_F(Files, NotRecordings) {
  expect_refused(folder_.path("missing.perfscope"), {"No such file"});
  expect_refused(folder_.write("empty.perfscope", ""), {"empty"});
  expect_refused(folder_.write("text.perfscope", "hello\n"), {"not a perfscope recording"});
  fs::create_directory(folder_.path("folder.perfscope"));
  expect_refused(folder_.path("folder.perfscope"), {"not a regular file"});
  ASSERT_EQ(::mkfifo(folder_.path("fifo.perfscope").c_str(), 0600), 0);
  expect_refused(folder_.path("fifo.perfscope"), {"not a regular file"});
  fs::create_symlink("loop.perfscope", folder_.path("loop.perfscope"));
  expect_refused(folder_.path("loop.perfscope"));
  EXPECT_TRUE(refuses({"report", "/dev/zero"}, kBadInput, {"not a regular file"}));
  EXPECT_TRUE(refuses({"query", folder_.path("text.perfscope"), "SELECT 1"}, kBadInput));
}

TEST_F(Files, RandomBytes) {
  std::mt19937 random(20260801);
  for (std::size_t bytes : {1, 15, 16, 100, 4096, 100'000}) {
    std::string noise(bytes, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    expect_refused(folder_.write("noise.perfscope", noise));
    expect_refused(folder_.write("magic.perfscope", std::string("SQLite format 3\0", 16) + noise));
  }
}

TEST_F(Files, Truncated) {
  for (std::size_t part = 0; part < 40; ++part) {
    std::string file = folder_.write("cut.perfscope", good_.substr(0, good_.size() * part / 40));
    expect_refused(file);
  }
  for (std::size_t cut : {1U, 100U, 4096U})
    expect_refused(folder_.write("cut.perfscope", good_.substr(0, good_.size() - cut)));
}

TEST_F(Files, DamagedBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    std::string damaged = good_;
    for (int i = 0; i < 20; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    EXPECT_TRUE(survives(folder_.write("damaged.perfscope", damaged))) << round;
  }
}

TEST_F(Files, ForeignDatabase) {
  expect_refused(altered("PRAGMA application_id=0"), {"not a perfscope recording"});
}

TEST_F(Files, NewerVersion) {
  expect_refused(altered("PRAGMA user_version=999"), {"newer perfscope", "999", "upgrade"});
}

TEST_F(Files, RowsMissingOrDangling) {
  for (const char* sql : {"DELETE FROM stacks WHERE id=3",
                          "DELETE FROM modules WHERE id=0",
                          "DELETE FROM threads WHERE id=0",
                          "DELETE FROM slices WHERE id=0",
                          "DELETE FROM metrics WHERE id=0",
                          "DELETE FROM locations WHERE id=2",
                          "DELETE FROM functions WHERE id=1",
                          "DELETE FROM processes WHERE id=0",
                          "UPDATE stacks SET location_id=123456789",
                          "UPDATE locations SET module_id=99999",
                          "UPDATE samples SET stack_id=4000000000",
                          "UPDATE samples SET thread_id=-1",
                          "UPDATE samples SET metric_id=77",
                          "UPDATE ledger SET thread_id=99999",
                          "UPDATE lines SET function_id=999999",
                          "UPDATE samples SET state='nope'",
                          "UPDATE modules SET kind='nope'",
                          "DROP TABLE samples",
                          "DROP TABLE facts",
                          "ALTER TABLE stacks RENAME COLUMN parent_id TO p",
                          "UPDATE slices SET end_ns=begin_ns-1"})
    expect_refused(altered(sql), {"record again"});
}

TEST_F(Files, CyclicStacks) {
  expect_refused(altered("UPDATE stacks SET parent_id=id"), {"parent"});
  expect_refused(altered("UPDATE stacks SET parent_id=(SELECT max(id) FROM stacks)"), {"parent"});
}

// Values of the wrong type or size are data, and never more than that.
TEST_F(Files, AbsurdValues) {
  for (const char* sql :
       {"UPDATE samples SET value=9223372036854775807, count=-1", "UPDATE ledger SET ns=-5",
        "UPDATE facts SET value='x'", "UPDATE samples SET value='text'",
        "UPDATE functions SET name=zeroblob(1000000)", "UPDATE processes SET pid=-1",
        "UPDATE slices SET end_ns=9223372036854775807", "UPDATE lines SET line=-1",
        "DELETE FROM samples", "DELETE FROM facts", "DELETE FROM probes"})
    EXPECT_TRUE(survives(altered(sql))) << sql;
}

}  // namespace
}  // namespace perfscope::test
