#include "capture/collector.h"

#include <cstring>

#include "capture/bpf_support.h"

namespace perfscope::capture {

model::ThreadId Collector::thread(const ps_process& process, uint32_t tid, const char* comm) {
  std::string name(comm, ::strnlen(comm, 16));
  // Only the leader's comm is the process's name.
  model::ProcessId owner = processes_.process(process, tid == process.tgid ? name.c_str() : "");
  model::ThreadId id = builder_.thread(owner, tid);
  if (!name.empty()) builder_.profile().threads[id.index()].name = std::move(name);
  return id;
}

void Collector::sample(model::MetricId metric, const ps_sample_key& key, uint64_t value,
                       uint64_t count) {
  if (std::optional<ps_stack_end> end = stacks_.end_of(key.user_stack))
    ends_[metric].at(*end) += count;
  builder_.profile().samples.push_back({builder_.slice(),
                                        metric,
                                        thread(key.process, key.tid),
                                        static_cast<model::ThreadState>(key.state),
                                        stacks_.join(key.user_stack, key.kernel_stack),
                                        {},
                                        {},
                                        value,
                                        count});
}

void Collector::ledger(model::ThreadId thread, model::ThreadState state, uint64_t ns) {
  if (ns > 0) builder_.profile().ledger.push_back({builder_.slice(), thread, state, ns});
}

void Collector::series(model::MetricId metric, const model::Labels& labels, double value) {
  builder_.profile().series.push_back({builder_.slice(), metric, labels, value});
}

std::map<std::string, std::string> Collector::stack_ends() const {
  std::map<std::string, std::string> facts;
  std::array<uint64_t, PS_ENDS> sums{};
  for (const auto& [metric, counts] : ends_) {
    const std::string& name = builder_.profile().metrics[metric.index()].name;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      sums.at(i) += counts.at(i);
      if (counts.at(i) != 0)
        facts["unwind.end." + name + "." + stack_end_name(static_cast<ps_stack_end>(i))] =
            std::to_string(counts.at(i));
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i)
    if (sums.at(i) != 0)
      facts[std::string("unwind.end.") + stack_end_name(static_cast<ps_stack_end>(i))] =
          std::to_string(sums.at(i));
  return facts;
}

void Collector::drop(const std::string& probe, const std::string& reason, uint64_t count) {
  if (count > 0) builder_.profile().drops.push_back({builder_.slice(), probe, reason, count});
}

}  // namespace perfscope::capture
