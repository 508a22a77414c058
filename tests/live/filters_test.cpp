// What a recording is about, and that it is about nothing else: a decoy runs all the time.
#include <csignal>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "live/truth.h"
#include "support/recordings.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

constexpr const char* kFrames =
    "SELECT count(*) FROM samples s JOIN stacks k ON k.id=s.stack_id JOIN locations l ON "
    "l.id=k.location_id JOIN modules m ON m.id=l.module_id WHERE m.kind ";

// Slices end when perfscope gets a CPU, not when the last thread was looked at: what is exact is
// held against the program's own truth in accuracy_test.cpp, here it is enough to know that all is
// there.
constexpr double kWholeTime = 0.05;

class Filters : public testing::Test {
 protected:
  void record(const Command& arguments) {
    Command command{"record", "-q", "-F", "499", "-o", file_};
    command.insert(command.end(), arguments.begin(), arguments.end());
    CommandResult recorded = run_perfscope(command, {.limit = std::chrono::seconds(120)});
    ASSERT_EQ(recorded.exit_code, 0) << recorded.err;
    EXPECT_EQ(recorded.err, "");
  }

  // Distinct values over everything with time in it, "a,b" in ascending order.
  std::string distinct(const std::string& column) const {
    std::string list;
    for (const auto& row : query(
             file_, "SELECT DISTINCT " + column +
                        " AS v FROM threads t JOIN processes p ON p.id=t.process_id WHERE t.id IN "
                        "(SELECT thread_id FROM ledger UNION SELECT thread_id FROM samples) "
                        "ORDER BY 1"))
      list += (list.empty() ? "" : ",") + row.at("v").get<std::string>();
    return list;
  }

  double duration_ns() const { return number(file_, "SELECT sum(end_ns-begin_ns) FROM slices"); }

  static bool at_work(const Background& target) {
    std::string stat = read_all("/proc/" + std::to_string(target.pid()) + "/comm");
    return stat.starts_with("split");
  }

  TempFolder folder_;
  std::string file_ = folder_.path("x.perfscope");
  Background decoy_{{program("split_nofp"), "--threads", "2", "--seconds", "1000"}};
};

TEST_F(Filters, RunningProcessAndAChildForkedLater) {
  Background target({program("split"), "--seconds", "1000", "--fork-at", "0.3"});
  ASSERT_TRUE(eventually([&] { return at_work(target); }));
  ASSERT_NO_FATAL_FAILURE(record({"-p", std::to_string(target.pid()), "-d", "5"}));
  std::string pid = std::to_string(target.pid());
  EXPECT_EQ(distinct("p.name"), "split");
  EXPECT_EQ(number(file_, "SELECT count(*) FROM processes"), 2);
  EXPECT_EQ(number(file_, "SELECT parent_pid FROM processes WHERE pid<>" + pid), target.pid());
  Ledger parent = ledger(file_, "p.pid=" + pid);
  EXPECT_LT(relative_error(parent.wall(), duration_ns()), kWholeTime);
  Ledger child = ledger(file_, "p.pid<>" + pid);
  EXPECT_GT(child.on_cpu, 0);
  EXPECT_LT(child.wall(), duration_ns());
  nlohmann::json found = report(file_);
  double seventy = self_seconds(found, "burn_seventy");
  EXPECT_NEAR(seventy / (seventy + self_seconds(found, "burn_thirty")), 0.7, 0.06);
}

TEST_F(Filters, SeveralProcesses) {
  Background first({program("split"), "--seconds", "1000"});
  Background second({program("split"), "--seconds", "1000"});
  ASSERT_TRUE(eventually([&] { return at_work(first) && at_work(second); }));
  ASSERT_NO_FATAL_FAILURE(
      record({"-p", std::to_string(first.pid()) + "," + std::to_string(second.pid()), "-d", "2"}));
  EXPECT_EQ(distinct("p.name"), "split");
  EXPECT_EQ(number(file_, "SELECT count(*) FROM processes"), 2);
}

TEST_F(Filters, OneThread) {
  Background target({program("split"), "--threads", "3", "--seconds", "1000"});
  std::string tasks = "/proc/" + std::to_string(target.pid()) + "/task";
  auto threads = [&] {
    std::vector<std::string> tids;
    std::error_code gone;
    for (const auto& each : std::filesystem::directory_iterator(tasks, gone))
      tids.push_back(each.path().filename());
    return tids;
  };
  ASSERT_TRUE(eventually([&] { return threads().size() == 4; }));
  std::string tid;
  for (const std::string& each : threads())
    if (each != std::to_string(target.pid())) tid = each;
  ASSERT_NO_FATAL_FAILURE(record({"-t", tid, "-d", "2"}));
  EXPECT_EQ(distinct("t.tid"), tid);
  Ledger measured = ledger(file_, "1");
  EXPECT_LT(relative_error(measured.wall(), duration_ns()), kWholeTime);
}

TEST_F(Filters, Cgroup) {
  std::string mount;
  for (const char* each : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"})
    if (std::filesystem::exists(std::string(each) + "/cgroup.procs")) mount = each;
  if (mount.empty()) GTEST_SKIP() << "there is no cgroup v2 hierarchy here";
  std::string outer = mount + "/perfscope-test-" + std::to_string(::getpid());
  std::string inner = outer + "/inner";
  ASSERT_TRUE(std::filesystem::create_directories(inner));
  {
    Background target({program("split"), "--seconds", "1000"}, {.cgroup = inner});
    ASSERT_TRUE(eventually([&] { return at_work(target); }));
    record({"--cgroup", outer, "-d", "2"});
    EXPECT_EQ(distinct("p.pid"), std::to_string(target.pid()));
    EXPECT_LT(relative_error(ledger(file_, "1").wall(), duration_ns()), kWholeTime);
    record({"--cgroup", outer.substr(mount.size() + 1) + "/inner", "-d", "1"});
    EXPECT_EQ(distinct("p.pid"), std::to_string(target.pid()));
  }
  EXPECT_TRUE(eventually([&] { return ::rmdir(inner.c_str()) == 0; }));
  EXPECT_EQ(::rmdir(outer.c_str()), 0);
}

TEST_F(Filters, UserStacksOnly) {
  record({"-U", "--", program("split"), "--seconds", "0.5"});
  EXPECT_GT(number(file_, std::string(kFrames) + "='file'"), 0);
  EXPECT_EQ(number(file_, std::string(kFrames) + "IN ('kernel','kernel_module','bpf')"), 0);
}

TEST_F(Filters, KernelStacksOnly) {
  record({"-K", "--", program("split"), "--seconds", "0.5"});
  EXPECT_EQ(number(file_, std::string(kFrames) + "='file'"), 0);
  EXPECT_GT(number(file_, std::string(kFrames) + "='kernel'"), 0);
}

// Short waits lose their stacks, are counted, and stay in the ledger.
TEST_F(Filters, MinimumBlockTime) {
  Command command{"record",         "-q",        "-o", file_, "--min-block", "1s", "--",
                  program("split"), "--seconds", "1"};
  CommandResult recorded = run_perfscope(command);
  ASSERT_EQ(recorded.exit_code, 0) << recorded.err;
  Worker truth = parse_truth(recorded.out).front();
  std::string thread = "t.tid=" + std::to_string(truth.tid);
  EXPECT_EQ(number(file_,
                   "SELECT count(*) FROM samples s JOIN threads t ON t.id=s.thread_id WHERE "
                   "s.state='blocked' AND " +
                       thread),
            0);
  EXPECT_GT(number(file_, "SELECT sum(count) FROM drops WHERE reason='below_min_block'"),
            truth.asked_ns / 20e6);
  EXPECT_LT(relative_error(ledger(file_, thread).off_cpu(), truth.off_cpu_ns()), 0.02);
}

}  // namespace
}  // namespace perfscope::test
