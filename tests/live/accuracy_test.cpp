// Recordings of a program that measured itself: shares by sampling, times by the ledger.
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

#include "live/truth.h"
#include "support/recordings.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

constexpr double kShareTolerance = 0.04;
constexpr double kTimeTolerance = 0.02;

struct Case {
  const char* name;
  const char* program;
  Command arguments;
  std::size_t workers;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Accuracy : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    Command command{"record", "-q", "-F", "997", "-o", file_, "--", program(GetParam().program)};
    command.insert(command.end(), GetParam().arguments.begin(), GetParam().arguments.end());
    CommandResult recorded = run_perfscope(command, {.limit = std::chrono::seconds(200)});
    ASSERT_EQ(recorded.exit_code, 0) << recorded.err;
    ASSERT_EQ(recorded.err, "");
    workers_ = parse_truth(recorded.out);
    ASSERT_EQ(workers_.size(), GetParam().workers);
  }

  // The ledger of one worker's thread.
  Ledger of(const Worker& worker) const {
    return ledger(file_, "p.pid=" + std::to_string(worker.pid) + " AND t.tid=" +
                             std::to_string(worker.tid) + " AND p.name LIKE 'split%'");
  }

  void check_shares() const;
  void check_thread_times() const;
  void check_stacks_against_ledger() const;

  TempFolder folder_;
  std::string file_ = folder_.path("split.perfscope");
  std::vector<Worker> workers_;
};

void Accuracy::check_shares() const {
  nlohmann::json found = report(file_);
  double seventy = self_seconds(found, "burn_seventy");
  double thirty = self_seconds(found, "burn_thirty");
  ASSERT_GT(seventy + thirty, 0);
  double share = seventy / (seventy + thirty);
  std::printf("[figures ] burn_seventy %.2f %% of both by self time\n", 100 * share);
  EXPECT_NEAR(share, 0.7, kShareTolerance);
  // What is in neither function is the clock they ask, and little else.
  EXPECT_GT((seventy + thirty) / found.at("sampled_seconds").get<double>(), 0.75);
}

void Accuracy::check_thread_times() const {
  double cpu = 0;
  double off_cpu = 0;
  double wall = 0;
  double blocked = 0;
  for (const Worker& worker : workers_) {
    Ledger measured = of(worker);
    // By its wall time: the thread's own CPU clock leaves out what interrupts and the hypervisor
    // took while it was on the CPU, which on a busy host is a few per cent of a small share.
    EXPECT_LT(std::abs(measured.on_cpu - worker.cpu_ns), kTimeTolerance * worker.wall_ns)
        << worker.tid;
    cpu += measured.on_cpu;
    EXPECT_LT(relative_error(measured.off_cpu(), worker.off_cpu_ns()), kTimeTolerance)
        << worker.tid;
    EXPECT_LT(relative_error(measured.wall(), worker.wall_ns), kTimeTolerance) << worker.tid;
    // Asleep for at least what was asked, at most until it ran again.
    EXPECT_GT(measured.blocked, worker.asked_ns * (1 - kTimeTolerance)) << worker.tid;
    EXPECT_LT(measured.blocked, worker.sleep_ns * (1 + kTimeTolerance)) << worker.tid;
    off_cpu += measured.off_cpu();
    wall += measured.wall();
    blocked += measured.blocked;
  }
  Worker truth = sum(workers_);
  std::printf("[figures ] cpu %+.3f %%, off-CPU %+.3f %%, wall %+.3f %%, blocked/asked %.4f\n",
              100 * (cpu / truth.cpu_ns - 1), 100 * (off_cpu / truth.off_cpu_ns() - 1),
              100 * (wall / truth.wall_ns - 1), blocked / truth.asked_ns);
}

// The samples of the off-CPU view account for the same time as the ledger.
void Accuracy::check_stacks_against_ledger() const {
  double stacks = number(file_,
                         "SELECT sum(s.value) FROM samples s JOIN metrics m ON m.id=s.metric_id "
                         "WHERE m.name='offcpu'");
  Ledger all = ledger(file_, "1");
  EXPECT_LT(relative_error(stacks, all.off_cpu()), 0.001);
  double sleeping = number(file_, "SELECT sum(s.value) FROM samples s WHERE s.state='blocked'");
  EXPECT_LT(relative_error(sleeping, all.blocked), 0.001);
}

TEST_P(Accuracy, AgreesWithTheProgramItself) {
  check_shares();
  check_thread_times();
  check_stacks_against_ledger();
}

INSTANTIATE_TEST_SUITE_P(
    Split, Accuracy,
    testing::Values(Case{"one_thread", "split", {"--seconds", "4"}, 1},
                    Case{"no_frame_pointers", "split_nofp", {"--seconds", "4"}, 1},
                    Case{"eight_threads", "split", {"--threads", "8", "--seconds", "0.5"}, 8},
                    Case{"forked_children", "split", {"--children", "4", "--seconds", "1"}, 4}),
    [](const testing::TestParamInfo<Case>& each) { return each.param.name; });

}  // namespace
}  // namespace perfscope::test
