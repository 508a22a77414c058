// Targets that mean harm: perf maps that are no maps, names that are no names.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include "e2e/cli/refusal.h"
#include "live/truth.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

namespace fs = std::filesystem;

constexpr double kMostBytes = 200e6;

class PerfMap : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(eventually([&] { return target_.out().ends_with("\n"); }));
    std::string line = target_.out();
    address_ = line.substr(line.find(' ') + 1, line.find('\n') - line.find(' ') - 1);
  }
  void TearDown() override { fs::remove(map_); }

  // Records the process; what its JIT code is called.
  std::string recorded() {
    CommandResult result = run_perfscope(
        {"record", "-q", "-F", "499", "-p", std::to_string(target_.pid()), "-d", "1", "-o", file_},
        {.limit = std::chrono::seconds(30)});
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    if (result.exit_code != 0) return "";
    nlohmann::json found = report(file_);
    EXPECT_LT(found.at("bill").at("peak_rss_bytes").get<double>(), kMostBytes);
    EXPECT_FALSE(found.at("functions").empty());
    return found.at("functions")[0].at("function");
  }

  std::ofstream map() const { return std::ofstream(map_, std::ios::binary); }

  Background target_{{program("jit_like"), "60"}};
  std::string map_ = "/tmp/perf-" + std::to_string(target_.pid()) + ".map";
  TempFolder folder_;
  std::string file_ = folder_.path("x.perfscope");
  std::string address_;
};

TEST_F(PerfMap, None) { EXPECT_EQ(recorded(), "[anonymous]"); }

TEST_F(PerfMap, Good) {
  map() << address_ << " 20 compiled_code\n";
  EXPECT_EQ(recorded(), "compiled_code");
}

TEST_F(PerfMap, NameWithEscapes) {
  map() << address_ << " 20 \x1b[2Jcode\x07\n";
  recorded();
  CommandResult text = run_perfscope({"report", file_});
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.out.find('\x07'), std::string::npos);
  EXPECT_NE(text.out.find("?[2Jcode?"), std::string::npos) << text.out;
}

TEST_F(PerfMap, Binary) {
  std::string noise(100'000, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i)
    noise[i] = static_cast<char>(i * 2654435761U >> 13);
  map() << noise;
  EXPECT_NE(recorded(), "");
}

// Two gigabytes, of which nothing is on the disk.
TEST_F(PerfMap, Huge) {
  map() << address_ << " 20 compiled_code\n";
  fs::resize_file(map_, uint64_t{2} << 30);
  EXPECT_NE(recorded(), "");
}

TEST_F(PerfMap, OneLineWithoutEnd) {
  map() << address_ << " 20 " << std::string(50'000'000, 'x');
  EXPECT_NE(recorded(), "");
}

TEST_F(PerfMap, Fifo) {
  ASSERT_EQ(::mkfifo(map_.c_str(), 0666), 0);
  EXPECT_NE(recorded(), "");
}

TEST_F(PerfMap, SymlinkLoop) {
  fs::create_symlink(map_, map_);
  EXPECT_NE(recorded(), "");
}

TEST_F(PerfMap, SymlinkElsewhere) {
  fs::create_symlink("/etc/shadow", map_);
  EXPECT_NE(recorded(), "");
  EXPECT_EQ(query(file_, "SELECT * FROM functions WHERE name LIKE '%root:%'").size(), 0U);
}

// Control characters, C1 controls and broken UTF-8 of a thread's name end at the report.
TEST(HostileName, DoesNotReachTheTerminal) {
  TempFolder folder;
  std::string file = folder.path("x.perfscope");
  ASSERT_EQ(
      run_perfscope({"record", "-q", "-o", file, "--", program("hostile_name"), "1"}).exit_code, 0);
  CommandResult text = run_perfscope({"report", file});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  auto is_control = [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; };
  EXPECT_TRUE(std::none_of(text.out.begin(), text.out.end(), is_control)) << text.out;
  EXPECT_NE(text.out.find("?[2J?]0;x"), std::string::npos) << text.out;
  EXPECT_NO_THROW(report(file));
  for (const char* name :
       {"x.html", "x.svg", "x.folded", "x.speedscope.json", "x.pb.gz", "x.csv", "x.json"}) {
    CommandResult written = run_perfscope({"export", "-q", file, "-o", folder.path(name)});
    EXPECT_EQ(written.exit_code, 0) << name << written.err;
  }
  EXPECT_EQ(read_all(folder.path("x.svg")).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace perfscope::test
