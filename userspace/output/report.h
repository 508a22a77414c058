// The diagnosis of one recording: computed once, printed as text for a terminal or as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/profile.h"

namespace perfscope::output {

struct ProcessTime {
  std::string name;
  uint32_t pid;
  std::string command;
  uint64_t threads = 0;
  uint64_t on_cpu_ns = 0;
  uint64_t runnable_ns = 0;
  uint64_t blocked_ns = 0;
};

struct FunctionTime {
  std::string name;
  std::string module;
  uint64_t self_ns = 0;   // in its own code
  uint64_t total_ns = 0;  // its callees included; recursion counts once
};

struct WaitingStack {
  std::string process;
  uint32_t pid;
  std::string thread;
  std::string state;  // "blocked" or "runnable"
  uint64_t ns = 0;
  uint64_t waits = 0;
  std::vector<std::string> frames;  // leaf first
};

// Shares are by time, of the stacks of one metric.
struct StackQuality {
  std::string metric;
  uint64_t user_ns = 0;      // stacks of user threads
  uint64_t complete_ns = 0;  // of these, reach main or a thread's entry
  uint64_t frames = 0;       // distinct stacks' frames
  uint64_t named_frames = 0;
  std::map<std::string, uint64_t> unnamed;  // reason -> frames
  // Where the kernel's walks of user stacks ended -> samples; empty for recordings that do not
  // tell. "root" and "zero" (a return address of zero, or a frame pointer of zero) are complete.
  std::map<std::string, uint64_t> ends;
};

struct Bill {
  uint64_t samples = 0;                  // CPU samples kept
  uint64_t waits = 0;                    // off-CPU intervals kept
  std::map<std::string, uint64_t> lost;  // "probe: reason" -> events
  uint64_t bpf_run_ns = 0;
  uint64_t user_ns = 0;
  uint64_t system_ns = 0;
  uint64_t peak_rss_bytes = 0;
  uint64_t map_bytes = 0;
  uint64_t stacks_truncated = 0;
  // All of it, as a share of one CPU for the recording's length.
  double cpu_ratio = 0;
};

struct Report {
  std::map<std::string, std::string> facts;
  std::vector<model::ProbeStatus> probes;
  uint64_t duration_ns = 0;
  std::vector<ProcessTime> processes;   // most time on CPU and runnable first
  std::vector<FunctionTime> functions;  // most self time first
  uint64_t sampled_ns = 0;              // CPU time that the functions divide
  std::vector<WaitingStack> waits;      // longest first
  uint64_t idle_threads = 0;  // left out of `waits`: never ran, kernel threads, the recorder
  std::vector<StackQuality> quality;
  Bill bill;
};

Report make_report(const model::Profile& profile);

struct TextOptions {
  std::size_t width = 100;  // columns
  bool colour = false;
  std::size_t rows = 10;  // of each table
};

std::string report_as_text(const Report& report, const TextOptions& options);
// docs/report-json.md describes the document; `rows` does not apply to it.
std::string report_as_json(const Report& report);

}  // namespace perfscope::output
