#include "base/fd.h"

#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace perfscope {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

int open_null() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

TEST(Fd, IsEmptyByDefault) {
  Fd fd;
  EXPECT_FALSE(fd);
  EXPECT_EQ(fd.get(), -1);
}

TEST(Fd, ClosesAtTheEndOfItsScope) {
  int raw = open_null();
  {
    Fd fd(raw);
    EXPECT_TRUE(fd);
    EXPECT_TRUE(is_open(raw));
  }
  EXPECT_FALSE(is_open(raw));
}

TEST(Fd, ZeroIsADescriptor) {
  Fd fd(0);
  EXPECT_TRUE(fd);
  EXPECT_EQ(fd.release(), 0);
}

TEST(Fd, MovingHandsOverTheDescriptor) {
  int raw = open_null();
  Fd first(raw);
  Fd second(std::move(first));
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): the state after a move is the subject
  EXPECT_EQ(second.get(), raw);
  EXPECT_TRUE(is_open(raw));
}

TEST(Fd, AssignmentClosesWhatItReplaces) {
  int old_fd = open_null();
  int new_fd = open_null();
  Fd target(old_fd);
  target = Fd(new_fd);
  EXPECT_FALSE(is_open(old_fd));
  EXPECT_EQ(target.get(), new_fd);
}

TEST(Fd, AssignmentToItselfKeepsTheDescriptor) {
  int raw = open_null();
  Fd fd(raw);
  Fd& alias = fd;
  fd = std::move(alias);
  EXPECT_TRUE(is_open(raw));
}

TEST(Fd, ReleaseLetsGoWithoutClosing) {
  Fd fd(open_null());
  int raw = fd.release();
  EXPECT_FALSE(fd);
  EXPECT_TRUE(is_open(raw));
  ::close(raw);
}

// A folder of its own for each test.
class ReadFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "perfscope-fd-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

 private:
  std::string folder_;
};

TEST_F(ReadFile, ReadsEverything) {
  std::string text(200'000, 'x');
  text[100] = '\0';
  text.back() = '\n';
  Result<std::string> read = read_file(write("file", text));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, text);
}

TEST_F(ReadFile, AnEmptyFileIsNoError) {
  Result<std::string> read = read_file(write("file", ""));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, "");
}

TEST_F(ReadFile, CutsAtTheLimit) {
  std::string file = write("file", std::string(200'000, 'x'));
  for (std::size_t limit : {0U, 1U, 65'535U, 65'536U, 65'537U, 199'999U}) {
    Result<std::string> read = read_file(file, limit);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->size(), limit);
  }
  EXPECT_EQ(read_file(file, 300'000)->size(), 200'000U);
}

TEST_F(ReadFile, ReadsFilesThatClaimToBeEmpty) {
  Result<std::string> read = read_file("/proc/self/status");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_NE(read->find("Pid:"), std::string::npos);
}

TEST_F(ReadFile, AMissingFileIsAnErrorThatNamesIt) {
  Result<std::string> read = read_file(path("missing"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "open " + path("missing") + ": No such file or directory");
}

TEST_F(ReadFile, AFolderIsAnError) {
  ASSERT_TRUE(std::filesystem::create_directory(path("folder")));
  Result<std::string> read = read_file(path("folder"));
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("Is a directory"), std::string::npos);
}

TEST_F(ReadFile, AFifoWithoutWriterDoesNotHang) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  Result<std::string> read = read_file(path("fifo"));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, "");
}

TEST_F(ReadFile, AFifoWithASilentWriterDoesNotHang) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  Fd writer(::open(path("fifo").c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  ASSERT_TRUE(writer);
  EXPECT_FALSE(read_file(path("fifo")));
}

TEST_F(ReadFile, DescriptorsDoNotLeakIntoChildren) {
  Result<Fd> file = open_readonly(write("file", "x"));
  ASSERT_TRUE(file);
  EXPECT_TRUE((::fcntl(file->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_F(ReadFile, ALineComesWithoutItsEnd) {
  EXPECT_EQ(read_line(write("number", "42\n")), "42");
  EXPECT_EQ(read_line(write("blanks", " two words  \n\n")), " two words");
  EXPECT_EQ(read_line(write("nothing", "\n \n")), "");
  EXPECT_EQ(read_line(path("missing")), "");
}

}  // namespace
}  // namespace perfscope
