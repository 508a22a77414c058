#include "model/view.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "model/frames.h"

namespace perfscope::model {
namespace {

constexpr double kNoScale = 1.0;

std::optional<MetricId> find_metric(const Profile& profile, std::string_view name) {
  for (std::size_t i = 0; i < profile.metrics.size(); ++i)
    if (profile.metrics[i].name == name) return MetricId(i);
  return std::nullopt;
}

// Sums equal stacks and names their frames.
class ViewBuilder {
 public:
  ViewBuilder(const Profile& profile, const ViewFilter& filter)
      : profile_(profile), filter_(filter), namer_(profile), ran_(threads_that_ran(profile)) {}

  bool selects(ThreadId thread_id) const {
    const Thread& thread = profile_.threads[thread_id.index()];
    const Process& process = profile_.processes[thread.process.index()];
    return (filter_.pid == 0 || filter_.pid == process.pid) &&
           (filter_.tid == 0 || filter_.tid == thread.tid) &&
           (filter_.process.empty() || filter_.process == process.name);
  }

  void add(const StackSample& sample, double scale) {
    auto value = static_cast<uint64_t>(std::llround(static_cast<double>(sample.value) * scale));
    add(sample.thread, sample.stack, sample.state == ThreadState::kRunnable ? "[runnable]" : "",
        value, sample.count);
  }

  // `note` becomes the leaf frame, unless empty.
  void add(ThreadId thread, std::optional<StackId> stack, const char* note, uint64_t value,
           uint64_t count) {
    if (!selects(thread) || value == 0) return;
    if (!ran_[thread.index()] && !filter_.idle) {
      idle_threads_.insert(thread);
      idle_value_ += value;
      return;
    }
    const Thread& row = profile_.threads[thread.index()];
    std::vector<uint32_t> frames{namer_.process(profile_.processes[row.process.index()])};
    if (stack)
      for (LocationId location : profile_.frames(*stack)) namer_.append(location, frames);
    if (*note != '\0') frames.push_back(namer_.note(note));
    auto [slot, is_new] = index_.try_emplace(frames, stacks_.size());
    if (is_new) stacks_.push_back({std::move(frames), 0, 0});
    stacks_[slot->second].value += value;
    stacks_[slot->second].count += count;
  }

  View finish(const ViewSpec& spec) {
    std::sort(stacks_.begin(), stacks_.end(), [](const ViewStack& a, const ViewStack& b) {
      return a.value != b.value ? a.value > b.value : a.frames < b.frames;
    });
    View view;
    view.name = spec.name;
    view.title = spec.title;
    view.frames = namer_.take();
    view.stacks = std::move(stacks_);
    for (const ViewStack& stack : view.stacks) view.total += stack.value;
    view.idle_threads = idle_threads_.size();
    view.idle_value = idle_value_;
    uint64_t frequency_hz = profile_.fact_u64("recording.frequency_hz");
    if (spec.name == "cpu" && frequency_hz > 0) view.period_ns = 1'000'000'000 / frequency_hz;
    view.duration_ns = profile_.duration_ns();
    view.host = profile_.fact("host.name");
    view.recorded_at = profile_.fact("recording.started_at");
    view.command = profile_.fact("recording.command");
    return view;
  }

 private:
  struct FramesHash {
    std::size_t operator()(const std::vector<uint32_t>& frames) const {
      uint64_t hash = 1469598103934665603ULL;  // FNV-1a
      for (uint32_t frame : frames) hash = (hash ^ frame) * 1099511628211ULL;
      return hash;
    }
  };

  const Profile& profile_;
  const ViewFilter& filter_;
  FrameNamer namer_;
  std::vector<bool> ran_;
  std::unordered_set<ThreadId> idle_threads_;
  uint64_t idle_value_ = 0;
  std::vector<ViewStack> stacks_;
  std::unordered_map<std::vector<uint32_t>, std::size_t, FramesHash> index_;
};

void add_metric(const Profile& profile, MetricId metric, ViewBuilder& view) {
  for (const StackSample& sample : profile.samples)
    if (sample.metric == metric) view.add(sample, kNoScale);
}

// CPU samples say how on-CPU time divides; the ledger says how much there was. Each thread's
// samples are scaled to its exact time; time of threads that no sample hit is kept, without a
// stack.
void add_exact_cpu_time(const Profile& profile, MetricId cpu, ViewBuilder& view) {
  std::vector<uint64_t> exact_ns(profile.threads.size());
  std::vector<uint64_t> sampled_ns(profile.threads.size());
  for (const LedgerEntry& entry : profile.ledger)
    if (entry.state == ThreadState::kOnCpu) exact_ns[entry.thread.index()] += entry.ns;
  for (const StackSample& sample : profile.samples)
    if (sample.metric == cpu) sampled_ns[sample.thread.index()] += sample.value;

  for (const StackSample& sample : profile.samples) {
    std::size_t thread = sample.thread.index();
    if (sample.metric != cpu || sampled_ns[thread] == 0) continue;
    view.add(sample,
             static_cast<double>(exact_ns[thread]) / static_cast<double>(sampled_ns[thread]));
  }
  for (std::size_t thread = 0; thread < exact_ns.size(); ++thread)
    if (sampled_ns[thread] == 0)
      view.add(ThreadId(thread), std::nullopt, "[on CPU, between samples]", exact_ns[thread], 0);
}

Error missing(std::string_view view, const char* probe) {
  return {ErrorCode::kBadInput, "view " + std::string(view) + ": the recording has no " + probe +
                                    " data; record with --probes including " + probe};
}

}  // namespace

const std::vector<ViewSpec>& view_specs() {
  static const std::vector<ViewSpec> kViews{
      {"cpu", "CPU time", "where threads ran, from samples"},
      {"offcpu", "Off-CPU time", "where threads waited, blocked or runnable"},
      {"wall", "Wall time", "both together: CPU time, exact per thread, and time off CPU"},
  };
  return kViews;
}

Result<View> make_view(const Profile& profile, std::string_view name, const ViewFilter& filter) {
  const std::vector<ViewSpec>& specs = view_specs();
  auto spec = std::find_if(specs.begin(), specs.end(),
                           [&](const ViewSpec& known) { return known.name == name; });
  if (spec == specs.end()) {
    std::string known;
    for (const ViewSpec& each : specs) known.append(known.empty() ? "" : ", ").append(each.name);
    return Error(ErrorCode::kUsage, "no view '" + std::string(name) + "'; there are " + known);
  }

  std::optional<MetricId> cpu = find_metric(profile, "cpu");
  std::optional<MetricId> offcpu = find_metric(profile, "offcpu");
  if (name != "offcpu" && !cpu) return missing(name, "cpu");
  if (name != "cpu" && !offcpu) return missing(name, "offcpu");

  ViewBuilder view(profile, filter);
  if (name == "cpu") add_metric(profile, *cpu, view);
  if (name == "wall") add_exact_cpu_time(profile, *cpu, view);
  if (name != "cpu") add_metric(profile, *offcpu, view);
  return view.finish(*spec);
}

}  // namespace perfscope::model
