#include "output/report.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "model/frames.h"

namespace perfscope::output {
namespace {

// The parent of every kernel thread; init/main.c, rest_init().
constexpr uint32_t kKthreadd = 2;

using model::LocationId;
using model::NameStatus;
using model::Profile;
using model::StackSample;
using model::ThreadState;

std::optional<model::MetricId> metric(const Profile& p, std::string_view name) {
  for (std::size_t i = 0; i < p.metrics.size(); ++i)
    if (p.metrics[i].name == name) return model::MetricId(i);
  return std::nullopt;
}

const model::Process& process_of(const Profile& p, model::ThreadId thread) {
  return p.processes[p.threads[thread.index()].process.index()];
}

std::string frame_text(const Profile& p, const model::Location& location) {
  if (location.lines.empty()) return model::unnamed_frame(p, location);
  const model::Function& function = p.functions[location.lines.front().function.index()];
  return function.name;
}

// The metric's samples summed by stack: there are far more samples than stacks.
std::vector<std::pair<model::StackId, uint64_t>> stack_sums(const Profile& p,
                                                            model::MetricId metric) {
  std::vector<std::optional<uint64_t>> by_stack(p.stacks.size());
  for (const StackSample& sample : p.samples) {
    if (sample.metric != metric || !sample.stack) continue;
    std::optional<uint64_t>& sum = by_stack[sample.stack->index()];
    sum = sum.value_or(0) + sample.value;
  }
  std::vector<std::pair<model::StackId, uint64_t>> sums;
  for (std::size_t i = 0; i < by_stack.size(); ++i)
    if (by_stack[i]) sums.emplace_back(model::StackId(i), *by_stack[i]);
  return sums;
}

// ---- processes ---------------------------------------------------------------------------------

// One row per process id: the images that exec put into it one after the other belong together.
std::vector<ProcessTime> process_times(const Profile& p) {
  std::map<std::pair<uint32_t, uint64_t>, ProcessTime> by_process;
  std::unordered_set<uint64_t> seen_threads;
  for (const model::LedgerEntry& entry : p.ledger) {
    const model::Process& process = process_of(p, entry.thread);
    ProcessTime& row = by_process[{process.pid, process.start_ns}];
    row.pid = process.pid;
    if (!process.name.empty()) row.name = process.name;
    if (!process.command.empty()) row.command = process.command;
    if (seen_threads.insert(entry.thread.value()).second) ++row.threads;
    uint64_t& sum = entry.state == ThreadState::kOnCpu      ? row.on_cpu_ns
                    : entry.state == ThreadState::kRunnable ? row.runnable_ns
                                                            : row.blocked_ns;
    sum += entry.ns;
  }
  std::vector<ProcessTime> rows;
  rows.reserve(by_process.size());
  for (auto& [key, row] : by_process) rows.push_back(std::move(row));
  std::sort(rows.begin(), rows.end(), [](const ProcessTime& a, const ProcessTime& b) {
    uint64_t active_a = a.on_cpu_ns + a.runnable_ns;
    uint64_t active_b = b.on_cpu_ns + b.runnable_ns;
    return active_a != active_b ? active_a > active_b : a.pid < b.pid;
  });
  return rows;
}

// ---- functions ---------------------------------------------------------------------------------

std::vector<FunctionTime> function_times(const Profile& p, model::MetricId cpu,
                                         uint64_t& sampled_ns) {
  std::map<std::pair<std::string, std::string>, FunctionTime> by_function;
  std::vector<FunctionTime*> by_location(p.locations.size());
  auto row_of = [&](LocationId id) -> FunctionTime* {
    FunctionTime*& known = by_location[id.index()];
    if (known != nullptr) return known;
    const model::Location& location = p.locations[id.index()];
    std::string module = location.lines.empty()
                             ? model::short_module_name(p.modules[location.module.index()].path)
                             : p.functions[location.lines.front().function.index()].module;
    std::string name = frame_text(p, location);
    FunctionTime& row = by_function[{name, module}];
    row.name = name;
    row.module = module;
    return known = &row;
  };
  for (const auto& [stack, value] : stack_sums(p, cpu)) {
    sampled_ns += value;
    std::unordered_set<const FunctionTime*> counted;
    FunctionTime* leaf = nullptr;
    for (LocationId id : p.frames(stack)) {
      leaf = row_of(id);
      if (counted.insert(leaf).second) leaf->total_ns += value;
    }
    if (leaf != nullptr) leaf->self_ns += value;
  }
  std::vector<FunctionTime> rows;
  rows.reserve(by_function.size());
  for (auto& [key, row] : by_function) rows.push_back(std::move(row));
  std::sort(rows.begin(), rows.end(), [](const FunctionTime& a, const FunctionTime& b) {
    if (a.self_ns != b.self_ns) return a.self_ns > b.self_ns;
    return a.total_ns != b.total_ns ? a.total_ns > b.total_ns : a.name < b.name;
  });
  return rows;
}

// ---- waits -------------------------------------------------------------------------------------

// Waits that explain nothing: those of threads that never ran, of kernel threads, which sleep until
// somebody has work for them, and of the recorder.
std::vector<bool> bystanders(const Profile& p) {
  std::vector<bool> result = model::threads_that_ran(p);
  result.flip();
  for (std::size_t i = 0; i < result.size(); ++i) {
    const model::Process& process = process_of(p, model::ThreadId(i));
    bool is_recorder = process.pid == p.fact_u64("recording.pid");
    bool is_kernel_thread = process.pid == kKthreadd || process.parent_pid == kKthreadd;
    if (is_recorder || is_kernel_thread) result[i] = true;
  }
  return result;
}

std::vector<WaitingStack> waiting_stacks(const Profile& p, model::MetricId offcpu,
                                         uint64_t& idle_threads) {
  struct Key {
    uint32_t process, stack;
    ThreadState state;
    auto operator<=>(const Key&) const = default;
  };
  struct Sum {
    uint32_t thread;  // the first that waited there
    uint64_t ns = 0;
    uint64_t waits = 0;
  };
  std::vector<bool> left_out = bystanders(p);
  std::unordered_set<model::ThreadId> idle;
  std::map<Key, Sum> by_stack;
  for (const StackSample& sample : p.samples) {
    if (sample.metric != offcpu || !sample.stack) continue;
    if (left_out[sample.thread.index()]) {
      idle.insert(sample.thread);
      continue;
    }
    uint32_t process = p.threads[sample.thread.index()].process.value();
    Key key{process, sample.stack->value(), sample.state};
    Sum& sum = by_stack.try_emplace(key, Sum{sample.thread.value()}).first->second;
    sum.ns += sample.value;
    sum.waits += sample.count;
  }
  idle_threads = idle.size();
  std::vector<std::pair<Key, Sum>> longest(by_stack.begin(), by_stack.end());
  std::stable_sort(longest.begin(), longest.end(),
                   [](const auto& a, const auto& b) { return a.second.ns > b.second.ns; });
  constexpr std::size_t kMaxRows = 100;
  std::vector<WaitingStack> rows;
  for (const auto& [key, sum] : longest) {
    if (rows.size() == kMaxRows) break;
    const model::Process& process = p.processes[key.process];
    WaitingStack row{process.name,
                     process.pid,
                     p.threads[sum.thread].name,
                     model::thread_state_name(key.state),
                     sum.ns,
                     sum.waits,
                     {}};
    for (LocationId id : p.frames(model::StackId(key.stack)))
      row.frames.push_back(frame_text(p, p.locations[id.index()]));
    std::reverse(row.frames.begin(), row.frames.end());
    rows.push_back(std::move(row));
  }
  return rows;
}

// ---- quality -----------------------------------------------------------------------------------

// Where user stacks begin: the C start-up code, main, and the entries of threads.
bool is_entry(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kEntries{
      "_start",       "main",         "__libc_start_main", "__libc_start_call_main",
      "start_thread", "thread_start", "__clone",           "clone3",
      "__clone3"};
  return std::find(kEntries.begin(), kEntries.end(), name) != kEntries.end() ||
         name.starts_with("__libc_start_main");
}

bool is_kernel(model::ModuleKind kind) {
  return kind == model::ModuleKind::kKernel || kind == model::ModuleKind::kKernelModule ||
         kind == model::ModuleKind::kBpf;
}

StackQuality stack_quality(const Profile& p, model::MetricId metric) {
  StackQuality quality;
  quality.metric = p.metrics[metric.index()].name;
  for (const auto& [stack, value] : stack_sums(p, metric)) {
    std::vector<LocationId> frames = p.frames(stack);
    const model::Location& root = p.locations[frames.front().index()];
    bool was_seen_from_start = root.status != NameStatus::kBeforeRecording;
    if (!is_kernel(p.modules[root.module.index()].kind) && was_seen_from_start) {
      quality.user_ns += value;
      if (is_entry(frame_text(p, root))) quality.complete_ns += value;
    }
    for (LocationId id : frames) {
      NameStatus status = p.locations[id.index()].status;
      if (status == NameStatus::kBeforeRecording) continue;
      ++quality.frames;
      if (status == NameStatus::kNamed)
        ++quality.named_frames;
      else
        ++quality.unnamed[model::name_status_name(status)];
    }
  }
  const std::string prefix = "unwind.end." + quality.metric + ".";
  for (auto fact = p.facts.lower_bound(prefix);
       fact != p.facts.end() && fact->first.starts_with(prefix); ++fact)
    quality.ends[fact->first.substr(prefix.size())] = p.fact_u64(fact->first);
  return quality;
}

// ---- the bill ----------------------------------------------------------------------------------

// Counted where events are left out on purpose, which is not loss.
bool is_loss(const std::string& reason) { return reason != "idle" && reason != "below_min_block"; }

Bill make_bill(const Profile& p, uint64_t duration_ns) {
  Bill bill;
  for (const StackSample& sample : p.samples)
    (sample.state == ThreadState::kOnCpu ? bill.samples : bill.waits) += sample.count;
  for (const model::Drop& drop : p.drops)
    if (is_loss(drop.reason)) bill.lost[drop.probe + ": " + drop.reason] += drop.count;
  bill.bpf_run_ns = p.fact_u64("cost.bpf_run_ns");
  bill.user_ns = p.fact_u64("cost.user_ns");
  bill.system_ns = p.fact_u64("cost.system_ns");
  bill.peak_rss_bytes = p.fact_u64("cost.peak_rss_bytes");
  bill.map_bytes = p.fact_u64("cost.map_bytes");
  bill.stacks_truncated = p.fact_u64("stacks.truncated");
  if (duration_ns > 0)
    bill.cpu_ratio = static_cast<double>(bill.bpf_run_ns + bill.user_ns + bill.system_ns) /
                     static_cast<double>(duration_ns);
  return bill;
}

}  // namespace

Report make_report(const Profile& profile) {
  Report report;
  report.facts = profile.facts;
  report.probes = profile.probes;
  report.duration_ns = profile.duration_ns();
  report.processes = process_times(profile);
  if (std::optional<model::MetricId> cpu = metric(profile, "cpu")) {
    report.functions = function_times(profile, *cpu, report.sampled_ns);
    report.quality.push_back(stack_quality(profile, *cpu));
  }
  if (std::optional<model::MetricId> offcpu = metric(profile, "offcpu")) {
    report.waits = waiting_stacks(profile, *offcpu, report.idle_threads);
    report.quality.push_back(stack_quality(profile, *offcpu));
  }
  report.bill = make_bill(profile, report.duration_ns);
  return report;
}

}  // namespace perfscope::output
