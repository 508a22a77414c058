// Collector: what a probe hands its findings to. Knows the four shapes and no probe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "bpf/wire.h"
#include "capture/process_table.h"
#include "capture/stack_store.h"
#include "model/builder.h"

namespace perfscope::capture {

class Collector {
 public:
  Collector(model::Builder& builder, ProcessTable& processes, StackStore& stacks)
      : builder_(builder), processes_(processes), stacks_(stacks) {}

  model::MetricId metric(const model::Metric& metric) { return builder_.metric(metric); }
  // `comm`, when not empty, is the thread's name now.
  model::ThreadId thread(const ps_process& process, uint32_t tid, const char* comm = "");

  // Shape 1: `value` in the metric's unit, `count` events.
  void sample(model::MetricId metric, const ps_sample_key& key, uint64_t value, uint64_t count);
  // Shape 4.
  void ledger(model::ThreadId thread, model::ThreadState state, uint64_t ns);
  // Shape 3.
  void series(model::MetricId metric, const model::Labels& labels, double value);
  // Samples so far by where their user stacks end: "unwind.end.<reason>" in all, and
  // "unwind.end.<metric>.<reason>".
  std::map<std::string, std::string> stack_ends() const;
  void drop(const std::string& probe, const std::string& reason, uint64_t count);

 private:
  model::Builder& builder_;
  ProcessTable& processes_;
  StackStore& stacks_;
  std::map<model::MetricId, std::array<uint64_t, PS_ENDS>> ends_;
};

}  // namespace perfscope::capture
