// What is written is what is read.
#include <cmath>
#include <csignal>
#include <fstream>
#include <limits>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/builder.h"
#include "store/reader.h"
#include "store/writer.h"
#include "unit/model/sample_profiles.h"
#include "unit/store/support.h"

namespace perfscope::store {
namespace {

using namespace model;  // NOLINT: the file is about the model's rows

class RoundTrip : public testing::StoreTest {
 protected:
  void expect_round_trip(const Profile& profile) {
    write(profile);
    Result<Profile> read = read_profile(path_);
    ASSERT_TRUE(read) << read.error().message();
    testing::expect_equal(*read, profile);
  }
};

TEST_F(RoundTrip, KeepsEveryTableAndShape) { expect_round_trip(testing::shop_profile()); }
TEST_F(RoundTrip, KeepsHostileNames) { expect_round_trip(testing::hostile_profile()); }
TEST_F(RoundTrip, KeepsAnEmptySlice) { expect_round_trip(testing::empty_profile()); }
TEST_F(RoundTrip, KeepsManyRows) { expect_round_trip(testing::big_profile(2000, 20'000)); }

TEST_F(RoundTrip, KeepsExtremeNumbers) {
  Profile p = testing::shop_profile();
  p.locations[0].offset = std::numeric_limits<uint64_t>::max();
  p.samples[0].value = std::numeric_limits<uint64_t>::max();
  p.histograms[0].buckets = {{0, 1}, {std::numeric_limits<uint64_t>::max(), 2}};
  p.histograms[0].labels = {};
  p.series[0].value = std::numeric_limits<double>::infinity();
  p.series[1].value = -0.5;
  p.series[0].labels = {{"quote\"", "back\\slash\n"}, {"ü", "ö"}};
  p.facts["zero"] = std::string("a\0b", 3);
  expect_round_trip(p);
}

TEST_F(RoundTrip, LeavesOutWhatIsNotANumber) {
  Profile p = testing::shop_profile();
  p.series[0].value = std::nan("");
  write(p);
  EXPECT_EQ(read_profile(path_)->series.size(), p.series.size() - 1);
}

TEST_F(RoundTrip, ReplacesAnExistingFile) {
  write(testing::big_profile(100, 1000));
  expect_round_trip(testing::empty_profile());
}

TEST_F(RoundTrip, GrowsNamesOfProcessesAndThreads) {
  Builder b;
  ProcessId process = b.process({7, 0, 1});
  ThreadId thread = b.thread(process, 7);
  Result<Writer> writer = Writer::create(path_);
  b.begin_slice(0);
  b.end_slice(10);
  ASSERT_TRUE(writer->append(b.profile()));
  b.profile().processes[process.index()].name = "later";
  b.profile().threads[thread.index()].name = "thread";
  b.begin_slice(10);
  b.end_slice(20);
  ASSERT_TRUE(writer->append(b.profile()));
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  *writer = *Writer::create((folder_ / "other").string());  // closes the first
  Result<Profile> read = read_profile(path_);
  ASSERT_TRUE(read) << read.error().message();
  testing::expect_equal(*read, b.profile());
}

TEST_F(RoundTrip, AddsNamesThatCameAfterTheLocationWasWritten) {
  Builder b;
  ModuleId module = b.module(ModuleKind::kJit, "[jit 7]", "");
  LocationId early = b.location(module, 1);
  LocationId never = b.location(module, 2);
  b.begin_slice(0);
  b.end_slice(10);
  Result<Writer> writer = Writer::create(path_);
  ASSERT_TRUE(writer->append(b.profile()));
  Location& row = b.profile().locations[early.index()];
  row.status = NameStatus::kNamed;
  row.lines = {{b.function("inner", "[jit]"), "a.js", 3, true},
               {b.function("f", "[jit]"), "", 0, false}};
  b.profile().facts["recording.complete"] = "yes";
  ASSERT_TRUE(writer->finish(b.profile()));
  ASSERT_TRUE(writer->finish(b.profile())) << "harmless when repeated";
  *writer = *Writer::create((folder_ / "other").string());  // closes the first
  Result<Profile> read = read_profile(path_);
  ASSERT_TRUE(read) << read.error().message();
  testing::expect_equal(*read, b.profile());
  EXPECT_EQ(read->locations[never.index()].status, NameStatus::kNotAttempted);
}

TEST_F(RoundTrip, LeavesNoJournal) {
  write(testing::shop_profile());
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++files;
  EXPECT_EQ(files, 1U);
}

TEST_F(RoundTrip, SaysThatARecordingIsStillRunning) {
  pid_t child = ::fork();
  if (child == 0) {
    Result<Writer> writer = Writer::create(path_);
    bool written = writer && writer->append(testing::only_slice(testing::shop_profile(), 0));
    std::ofstream(folder_ / "ready") << written;
    ::pause();
    ::_exit(0);
  }
  for (int i = 0; i < 1000 && !std::filesystem::exists(folder_ / "ready"); ++i) ::usleep(10'000);
  EXPECT_NE(testing::read_error(path_).find("still being recorded"), std::string::npos);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(RoundTrip, ReportsPlacesThatCannotBeWritten) {
  for (const std::string& place : {folder_.string(), folder_.string() + "/none/x.perfscope"}) {
    Result<Writer> writer = Writer::create(place);
    ASSERT_FALSE(writer) << place;
    EXPECT_EQ(writer.error().code(), ErrorCode::kCannotWrite);
    EXPECT_NE(writer.error().message().find("-o"), std::string::npos);
  }
}

// The size limit stands in for a full disk: both end a write before its last byte.
TEST_F(RoundTrip, KeepsEarlierSlicesWhenTheDiskIsFull) {
  Profile p = testing::big_profile(500, 40'000, 4);
  pid_t child = ::fork();
  if (child == 0) {
    Result<Writer> writer = Writer::create(path_);
    bool good = writer && writer->append(testing::only_slice(p, 0));
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    limit.rlim_cur = limit.rlim_max = std::filesystem::file_size(path_) + 100'000;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    Status full = writer->append(testing::only_slice(p, 1));
    good = good && !full && full.error().code() == ErrorCode::kCannotWrite &&
           full.error().message().find("not an error") == std::string::npos;
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  Result<Profile> read = read_profile(path_);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->slices.size(), 1U);
  EXPECT_EQ(read->samples.size(), 10'000U);
}

}  // namespace
}  // namespace perfscope::store
