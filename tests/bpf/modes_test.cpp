// Every probe in every way it can run on this kernel: loads, attaches, records what happened.
#include <gtest/gtest.h>

#include "bpf/wire.h"
#include "capture/bpf_support.h"
#include "capture/session.h"
#include "live/truth.h"
#include "model/builder.h"
#include "probes/registry.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace perfscope::capture {
namespace {

struct Way {
  const char* name;
  ProbeOptions::Hooks hooks;
  const char* detail;
};

void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }

// All slices of one recording.
struct Recorded {
  model::Profile profile;
  std::vector<model::StackSample> samples;
  std::vector<model::LedgerEntry> ledger;
  std::map<std::string, uint64_t> drops;
  int exit_code = 0;

  double ledger_ns(model::ThreadState state, const std::string& process) const {
    double ns = 0;
    for (const model::LedgerEntry& entry : ledger) {
      const model::Thread& thread = profile.threads[entry.thread.index()];
      bool wanted = profile.processes[thread.process.index()].name == process;
      if (entry.state == state && wanted) ns += static_cast<double>(entry.ns);
    }
    return ns;
  }
};

Recorded record(const std::string& probes, SessionOptions options) {
  quiet_libbpf();
  Recorded recorded;
  model::Builder builder;
  auto sink = [&](model::Builder& slice) -> Status {
    const model::Profile& p = slice.profile();
    recorded.samples.insert(recorded.samples.end(), p.samples.begin(), p.samples.end());
    recorded.ledger.insert(recorded.ledger.end(), p.ledger.begin(), p.ledger.end());
    for (const model::Drop& drop : p.drops)
      recorded.drops[drop.probe + ": " + drop.reason] += drop.count;
    return Ok{};
  };
  auto made = probes::make_probes(probes);
  EXPECT_TRUE(made.has_value());
  options.target.filter.user_stacks = options.target.filter.kernel_stacks = true;
  Result<SessionResult> ran = run_session(std::move(options), std::move(*made), builder, sink);
  EXPECT_TRUE(ran.has_value()) << ran.error().message();
  if (ran) recorded.exit_code = ran->exit_code;
  recorded.profile = builder.profile();
  return recorded;
}

// The names of a sample's frames, root first.
std::vector<std::string> names(const model::Profile& profile, const model::StackSample& sample) {
  std::vector<std::string> names;
  if (!sample.stack) return names;
  for (model::LocationId id : profile.frames(*sample.stack))
    for (const model::Line& line : profile.locations[id.index()].lines)
      names.push_back(profile.functions[line.function.index()].name);
  return names;
}

class Modes : public testing::TestWithParam<Way> {
 protected:
  static SessionOptions options(const test::Command& command) {
    SessionOptions options;
    options.probe = {.frequency_hz = 997, .min_block = {}, .hooks = GetParam().hooks};
    options.command = command;
    options.slice = std::chrono::milliseconds(200);
    return options;
  }
};

TEST_P(Modes, ThreadTimesAndStacks) {
  test::TempFolder folder;
  std::string truth_file = folder.path("truth");
  Recorded recorded = record(
      "cpu,offcpu",
      options({"sh", "-c", "exec " + test::program("split") + " --seconds 0.5 > " + truth_file}));
  ASSERT_EQ(recorded.exit_code, 0);
  ASSERT_EQ(recorded.profile.probes.size(), 2U);
  EXPECT_TRUE(recorded.profile.probes[1].active);
  EXPECT_EQ(recorded.profile.probes[1].detail, GetParam().detail);

  test::Worker truth = test::parse_truth(test::read_all(truth_file)).front();
  double on_cpu = recorded.ledger_ns(model::ThreadState::kOnCpu, "split");
  double blocked = recorded.ledger_ns(model::ThreadState::kBlocked, "split");
  EXPECT_NEAR(on_cpu / truth.cpu_ns, 1, 0.05);
  EXPECT_GT(blocked, truth.asked_ns * 0.97);
  EXPECT_LT(blocked, truth.sleep_ns * 1.03);

  bool slept_in_rest = false;
  bool ran_in_burn = false;
  for (const model::StackSample& sample : recorded.samples) {
    std::vector<std::string> frames = names(recorded.profile, sample);
    auto has = [&](const char* name) { return std::count(frames.begin(), frames.end(), name) > 0; };
    ran_in_burn =
        ran_in_burn || (sample.state == model::ThreadState::kOnCpu && has("burn_seventy"));
    slept_in_rest =
        slept_in_rest || (sample.state == model::ThreadState::kBlocked && has("do_nanosleep"));
  }
  EXPECT_TRUE(ran_in_burn);
  EXPECT_TRUE(slept_in_rest);
}

// A thread that was asleep before the recording and stays asleep: open waits are closed at the end.
TEST_P(Modes, WaitsThatAreOpenAtBothEnds) {
  test::Background sleeper({"sleep", "100"});
  ASSERT_TRUE(test::eventually([&] {
    return test::read_all("/proc/" + std::to_string(sleeper.pid()) + "/comm") == "sleep\n";
  }));
  SessionOptions session = options({});
  session.target.filter.mode = PS_PIDS;
  session.target.pids = {static_cast<uint32_t>(sleeper.pid())};
  session.duration = std::chrono::seconds(1);
  Recorded recorded = record("offcpu", std::move(session));
  double blocked = recorded.ledger_ns(model::ThreadState::kBlocked, "sleep");
  auto length = static_cast<double>(recorded.profile.duration_ns());
  if (GetParam().hooks == ProbeOptions::Hooks::kRawTracepoints)
    EXPECT_EQ(blocked, 0) << "threads that never switch cannot be seen without the iterator";
  else
    EXPECT_NEAR(blocked / length, 1, 0.02);
}

// More distinct stacks in one slice than the sample map holds: counted, and not missing in the
// ledger.
TEST_P(Modes, SampleMapFull) {
  SessionOptions session = options({test::program("paths"), "40000"});
  session.slice = std::chrono::seconds(100);
  Recorded recorded = record("offcpu", std::move(session));
  EXPECT_GT(recorded.drops["offcpu: sample_map_full"], 0U);
  double in_stacks = 0;
  for (const model::StackSample& sample : recorded.samples)
    if (sample.state == model::ThreadState::kBlocked)
      in_stacks += static_cast<double>(sample.value);
  double blocked = recorded.ledger_ns(model::ThreadState::kBlocked, "paths");
  EXPECT_GT(blocked, in_stacks);
}

TEST_P(Modes, ShortWaitsAreCounted) {
  SessionOptions session = options({test::program("paths"), "2000"});
  session.probe.min_block = std::chrono::seconds(10);
  Recorded recorded = record("offcpu", std::move(session));
  EXPECT_GE(recorded.drops["offcpu: below_min_block"], 2000U);
  EXPECT_TRUE(recorded.samples.empty());
  EXPECT_GT(recorded.ledger_ns(model::ThreadState::kBlocked, "paths"), 0);
}

using Hooks = ProbeOptions::Hooks;
INSTANTIATE_TEST_SUITE_P(
    Offcpu, Modes,
    testing::Values(Way{"task_storage", Hooks::kBest, "tp_btf/sched_switch, task storage"},
                    Way{"thread_map", Hooks::kThreadMap, "tp_btf/sched_switch, thread map"},
                    Way{"raw_tracepoints", Hooks::kRawTracepoints,
                        "raw_tp/sched_switch, thread map"}),
    [](const testing::TestParamInfo<Way>& way) { return way.param.name; });

// What doctor tries: every probe loads and attaches here, alone.
TEST(Probes, EachLoadsAlone) {
  quiet_libbpf();
  for (const model::ProbeStatus& status : try_probes(std::move(*probes::make_probes(""))))
    EXPECT_TRUE(status.active) << status.probe << ": " << status.detail;
}

}  // namespace
}  // namespace perfscope::capture
