// Which format a path means, and files that are written whole or not at all.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "output/markup.h"
#include "output/time.h"
#include "output/writer.h"

namespace perfscope::output {
namespace {

namespace fs = std::filesystem;

std::string extension_of(const char* path) { return std::string((*format_for(path))->extension); }

TEST(FormatFor, TakesTheLongestExtension) {
  EXPECT_EQ(extension_of("a.speedscope.json"), ".speedscope.json");
  EXPECT_EQ(extension_of("a.json"), ".json");
  EXPECT_EQ(extension_of("dir.d/cpu.pb.gz"), ".pb.gz");
  EXPECT_EQ(extension_of("CPU.HTML"), ".html");
}

TEST(FormatFor, ListsWhatThereIs) {
  Result<const OutputFormat*> none = format_for("flame.png");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), ErrorCode::kUsage);
  for (const OutputFormat& format : output_formats())
    EXPECT_NE(none.error().message().find(format.extension), std::string::npos);
}

class WriteFile : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(mkdtemp(folder_.data())); }
  void TearDown() override { fs::remove_all(folder_); }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  std::string folder_ = "/tmp/perfscope-output-XXXXXX";
};

TEST_F(WriteFile, ReplacesAndKeepsTheMode) {
  std::string path = folder_ + "/a.json";
  ASSERT_TRUE(write_file(path, "old"));
  chmod(path.c_str(), 0640);
  ASSERT_TRUE(write_file(path, "new"));
  EXPECT_EQ(*read_file(path), "new");
  struct stat about {};
  ASSERT_EQ(stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0640U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(WriteFile, LeavesTheOldFileWhenTheDiskIsFull) {
  std::string path = folder_ + "/a.json";
  ASSERT_TRUE(write_file(path, "old"));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit tight{1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  Status status = write_file(path, std::string(5000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCannotWrite);
  EXPECT_EQ(*read_file(path), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(WriteFile, SaysWhichPathAndWhatToDo) {
  Status status = write_file(folder_ + "/none/a.json", "x");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCannotWrite);
  EXPECT_EQ(
      status.error().message(),
      "write " + folder_ + "/none/a.json: No such file or directory; create the folder first");
  EXPECT_FALSE(write_file(folder_, "x"));
  EXPECT_TRUE(write_file("/dev/null", "x"));
}

TEST(Markup, EscapesWhatMatters) {
  EXPECT_EQ(escape_markup("<a b=\"c\" d='e'>&\x01"),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;?");
  EXPECT_EQ(escape_json_for_script(R"("</script>")"), R"("\u003c/script>")");
}

TEST(UnixNs, ReadsUtc) {
  EXPECT_EQ(unix_ns("2026-01-31T12:00:00Z"), 1'769'860'800'000'000'000);
  EXPECT_EQ(unix_ns("yesterday"), std::nullopt);
}

}  // namespace
}  // namespace perfscope::output
