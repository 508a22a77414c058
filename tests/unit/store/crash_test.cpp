// A recorder that dies at any moment leaves a file that reads as all its finished slices.
#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "store/reader.h"
#include "store/writer.h"
#include "unit/model/sample_profiles.h"
#include "unit/store/support.h"

namespace perfscope::store {
namespace {

namespace fs = std::filesystem;
using testing::read_error;

constexpr uint32_t kSlices = 40;

class Crash : public testing::StoreTest {
 protected:
  // Writes slices in another process, which says after each that it is done, and is killed after
  // `microseconds`. Returns how many were done.
  uint32_t write_and_kill(const model::Profile& profile, unsigned microseconds) {
    std::array<int, 2> done{};
    EXPECT_EQ(::pipe(done.data()), 0);
    pid_t child = ::fork();
    if (child == 0) {
      Result<Writer> writer = Writer::create(path_);
      if (!writer) ::_exit(1);
      for (uint32_t slice = 0; slice < kSlices; ++slice) {
        if (!writer->append(testing::only_slice(profile, slice))) ::_exit(1);
        if (::write(done[1], "x", 1) != 1) ::_exit(1);
      }
      ::pause();
    }
    ::close(done[1]);
    ::usleep(microseconds);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    uint32_t slices = 0;
    for (char byte = 0; ::read(done[0], &byte, 1) == 1;) ++slices;
    ::close(done[0]);
    return slices;
  }

  // A file with a journal: SQLite's own words for "killed in the middle of a slice".
  void interrupt_in_second_slice() {
    model::Profile profile = testing::big_profile(2000, 40'000, kSlices);
    pid_t child = ::fork();
    if (child == 0) {
      Result<Writer> writer = Writer::create(path_);
      if (!writer->append(testing::only_slice(profile, 0))) ::_exit(1);
      std::thread([this] {
        while (fs::file_size(path_ + "-journal") == 0) {
        }
        ::kill(::getpid(), SIGKILL);
      }).detach();
      for (uint32_t slice = 1; slice < kSlices; ++slice)
        if (!writer->append(testing::only_slice(profile, slice))) ::_exit(1);
      ::_exit(2);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
};

TEST_F(Crash, LeavesAllFinishedSlicesAtAnyMoment) {
  model::Profile profile = testing::big_profile(300, 40'000, kSlices);
  std::size_t cut_off = 0;
  std::size_t restored = 0;
  for (unsigned i = 0; i < 60; ++i) {
    uint32_t done = write_and_kill(profile, 500 + i * i * 60);
    restored += fs::exists(path_ + "-journal") && fs::file_size(path_ + "-journal") > 0 ? 1 : 0;
    Result<model::Profile> read = read_profile(path_);
    if (!read) {
      EXPECT_EQ(done, 0U) << read.error().message();
      ++cut_off;
      continue;
    }
    // The last slice may have been finished without having been reported.
    EXPECT_GE(read->slices.size(), done);
    EXPECT_LE(read->slices.size(), done + 1);
    EXPECT_EQ(read->samples.size(), read->slices.size() * (40'000 / kSlices));
    EXPECT_EQ(read->ledger.size(), read->slices.size() * 1000);
  }
  RecordProperty("cut_off_before_the_first_slice", static_cast<int>(cut_off));
  RecordProperty("restored_from_a_journal", static_cast<int>(restored));
}

TEST_F(Crash, IsRestoredInPlaceWhereThatIsAllowed) {
  interrupt_in_second_slice();
  ASSERT_GT(fs::file_size(path_ + "-journal"), 0U);
  Result<model::Profile> read = read_profile(path_);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_GE(read->slices.size(), 1U);
  std::error_code ignored;
  EXPECT_TRUE(!fs::exists(path_ + "-journal") || fs::file_size(path_ + "-journal", ignored) == 0);
}

// As somebody who may read the folder and nothing else.
TEST_F(Crash, IsReadFromAFolderThatCannotBeWritten) {
  interrupt_in_second_slice();
  uintmax_t bytes = fs::file_size(path_ + "-journal");
  fs::permissions(folder_, fs::perms(0555));
  // Others may even write the file: without the folder that does not help.
  for (const std::string& file : {path_, path_ + "-journal"})
    fs::permissions(file, fs::perms(0666));
  for (const char* mode : {"writable file", "readable file"}) {
    SCOPED_TRACE(mode);
    pid_t child = ::fork();
    if (child == 0) {
      constexpr uid_t kNobody = 65534;
      if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(3);
      Result<model::Profile> read = read_profile(path_);
      if (!read) std::fprintf(stderr, "%s\n", read.error().message().c_str());
      ::_exit(read && !read->slices.empty() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(fs::file_size(path_ + "-journal"), bytes) << "nothing was touched";
    for (const std::string& file : {path_, path_ + "-journal"})
      fs::permissions(file, fs::perms(0444));
  }
}

TEST_F(Crash, BeforeTheFirstSliceIsSaidSo) {
  std::ofstream(path_).close();
  EXPECT_NE(read_error(path_).find("the file is empty; the recording never started"),
            std::string::npos);
}

TEST_F(Crash, RightAfterCreatingLeavesNoSlices) {
  ASSERT_TRUE(Writer::create(path_));
  Result<model::Profile> read = read_profile(path_);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_TRUE(read->slices.empty());
}

}  // namespace
}  // namespace perfscope::store
