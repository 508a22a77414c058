// Files that are foreign, newer, cut off, corrupt or made to harm: one line says so, soon.
#include <chrono>
#include <fstream>

#include "base/fd.h"
#include "model/builder.h"
#include "store/reader.h"
#include "unit/model/sample_profiles.h"
#include "unit/store/support.h"

namespace perfscope::store {
namespace {

using testing::read_error;

class Damage : public testing::StoreTest {
 protected:
  void put(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }
  void expect_error(const std::string& part) {
    std::string error = read_error(path_);
    EXPECT_NE(error.find(part), std::string::npos) << error;
    EXPECT_NE(error.find(path_), std::string::npos) << error;
  }
};

TEST_F(Damage, MissingFilesAndFolders) {
  expect_error("No such file");
  path_ = folder_;
  expect_error("not a regular file");
}

TEST_F(Damage, ForeignFiles) {
  put("PERFILE2 and so on");
  expect_error("not a perfscope recording");
  put("SQLite format 3");
  read_error(path_);
  std::filesystem::remove(path_);
  tamper("CREATE TABLE t (x)");
  expect_error("an SQLite database, but not a perfscope recording");
}

TEST_F(Damage, OtherVersions) {
  write(testing::shop_profile());
  tamper("PRAGMA user_version=2");
  expect_error("recorded by a newer perfscope (file version 2, this program reads up to 1)");
  tamper("PRAGMA user_version=-7");
  read_error(path_);
  tamper("PRAGMA user_version=0");
  read_error(path_);
  tamper("PRAGMA user_version=1");
  EXPECT_TRUE(read_profile(path_));
}

TEST_F(Damage, EveryTruncation) {
  write(testing::shop_profile());
  const std::string whole = *read_file(path_);
  for (std::size_t length = 0; length < whole.size(); length += length < 200 ? 1 : 61) {
    SCOPED_TRACE(length);
    put(whole.substr(0, length));
    read_error(path_);
  }
}

TEST_F(Damage, FlippedBytesNeverDoHarm) {
  write(testing::shop_profile());
  const std::string whole = *read_file(path_);
  std::size_t refused = 0;
  for (std::size_t at = 16; at < whole.size(); at += 37) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x5a);
    put(bytes);
    Result<model::Profile> read = read_profile(path_);
    if (read) {
      EXPECT_TRUE(validate(*read));
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0U);
}

TEST_F(Damage, RowsThatContradictEachOther) {
  const std::pair<const char*, const char*> kCases[] = {
      {"UPDATE samples SET stack_id=100000", "unknown stack"},
      {"UPDATE samples SET thread_id=4294967296", "out of range"},
      {"UPDATE samples SET slice_id=-1", "out of range"},
      {"UPDATE samples SET state='asleep'", "unknown name 'asleep'"},
      {"UPDATE stacks SET parent_id=id", "parent does not precede it"},
      {"UPDATE stacks SET parent_id=3 WHERE id=2", "parent does not precede it"},
      {"UPDATE stacks SET location_id=100000", "unknown location"},
      {"DELETE FROM stacks WHERE id=2", "rows missing in stacks"},
      {"DELETE FROM threads WHERE id=0", "rows missing in threads"},
      {"UPDATE modules SET kind='elf' WHERE id=0", "unknown name 'elf'"},
      {"UPDATE modules SET kind='a'||char(10)||char(27)||'[2J' WHERE id=0", "name 'a??[2J'"},
      {"DELETE FROM lines WHERE location_id=0", "lines and status"},
      {"UPDATE lines SET location_id=100000 WHERE location_id=0", "line of an unknown location"},
      {"UPDATE lines SET function_id=100000", "unknown function"},
      {"UPDATE slices SET end_ns=0", "ends before it begins"},
      {"UPDATE processes SET pid=-5", "out of range"},
      {"UPDATE metrics SET shape='blob'", "unknown name 'blob'"},
      {"UPDATE histograms SET metric_id=100", "unknown metric"},
      {"UPDATE series SET slice_id=100", "unknown slice"},
      {"UPDATE drops SET slice_id=100", "unknown slice"},
  };
  for (const auto& [sql, message] : kCases) {
    SCOPED_TRACE(sql);
    write(testing::shop_profile());
    tamper(sql);
    expect_error(message);
  }
}

TEST_F(Damage, LabelsThatAreNoLabels) {
  write(testing::shop_profile());
  tamper("UPDATE series SET labels='[1,2'; UPDATE histograms SET labels='{\"a\":1,\"b\":\"c\"}'");
  Result<model::Profile> read = read_profile(path_);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->series[0].labels.empty());
  EXPECT_EQ(read->histograms[0].labels, (model::Labels{{"b", "c"}}));
}

TEST_F(Damage, SchemasMadeToHarm) {
  const std::pair<const char*, const char*> kCases[] = {
      {"DROP TABLE samples", "no table samples"},
      {"DROP VIEW process_time", "no table process_time"},
      // A table that never ends.
      {"DROP TABLE facts; CREATE VIEW facts AS WITH RECURSIVE n(key) AS "
       "(SELECT 1 UNION ALL SELECT key+1 FROM n) SELECT key, key AS value FROM n",
       "facts is not what perfscope writes"},
      {"DROP VIEW sample_leaves; CREATE VIEW sample_leaves AS WITH RECURSIVE n(i) AS "
       "(SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n",
       "sample_leaves is not what perfscope writes"},
      // A column that is made up on every read, as large as it likes.
      {"ALTER TABLE drops ADD COLUMN more AS (hex(zeroblob(1000000)))",
       "drops is not what perfscope writes"},
      {"CREATE TRIGGER t AFTER INSERT ON facts BEGIN DELETE FROM facts; END", "it has a trigger"},
  };
  for (const auto& [sql, message] : kCases) {
    SCOPED_TRACE(sql);
    write(testing::shop_profile());
    tamper(sql);
    expect_error(message);
    EXPECT_FALSE(query(path_, "SELECT * FROM sample_leaves", [](const auto&) {}));
  }
}

TEST_F(Damage, TablesOfPeoplesOwnAreLeftAlone) {
  write(testing::shop_profile());
  tamper(
      "CREATE TABLE notes (text); CREATE VIEW mine AS SELECT * FROM notes; "
      "CREATE INDEX quick ON samples(thread_id)");
  EXPECT_TRUE(read_profile(path_));
}

TEST_F(Damage, CellsThatClaimTooMuch) {
  write(testing::shop_profile());
  tamper("UPDATE processes SET command=hex(zeroblob(20000000)) WHERE id=0");
  EXPECT_FALSE(read_error(path_).empty());
}

// An interior page whose children are all one page: the tables look a thousandfold larger with
// each level. Counting steps and bytes ends it.
TEST_F(Damage, PagesThatPointAtEachOther) {
  write(testing::big_profile(2000, 200'000));
  std::string bytes = *read_file(path_);
  const auto page_bytes = std::size_t{static_cast<unsigned char>(bytes[16])} << 8 |
                          static_cast<unsigned char>(bytes[17]);
  constexpr char kInteriorTable = 5;
  std::vector<std::size_t> interior;
  for (std::size_t at = page_bytes; at < bytes.size(); at += page_bytes)
    if (bytes[at] == kInteriorTable) interior.push_back(at);
  ASSERT_GT(interior.size(), 2U);
  // Each interior page's cells point at the next interior page.
  for (std::size_t i = 0; i + 1 < interior.size(); ++i) {
    std::size_t page = interior[i];
    std::size_t cells = std::size_t{static_cast<unsigned char>(bytes[page + 3])} << 8 |
                        static_cast<unsigned char>(bytes[page + 4]);
    auto child = static_cast<uint32_t>(interior[i + 1] / page_bytes + 1);
    for (std::size_t cell = 0; cell < cells; ++cell) {
      std::size_t pointer = page + 12 + 2 * cell;
      std::size_t at = page + (std::size_t{static_cast<unsigned char>(bytes[pointer])} << 8 |
                               static_cast<unsigned char>(bytes[pointer + 1]));
      for (int byte = 0; byte < 4; ++byte)
        bytes[at + static_cast<std::size_t>(byte)] = static_cast<char>(child >> (24 - 8 * byte));
    }
  }
  put(bytes);
  auto begin = std::chrono::steady_clock::now();
  expect_error("damaged");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

}  // namespace
}  // namespace perfscope::store
