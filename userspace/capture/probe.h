// Probe: one BPF object and what is read from it. A recording drives all its probes alike:
//
//   start ── close_window ── collect ── close_window ── collect … ── stop ── collect
//
// A probe that cannot start says why; the recording goes on without it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "bpf/wire.h"
#include "capture/collector.h"
#include "capture/unwind_tables.h"

struct bpf_object;

namespace perfscope::capture {

// The maps that all probes of a recording share; bpf/shared.h describes them. Borrowed descriptors.
struct SharedMaps {
  int targets = -1;
  int stacks = -1;
  int seen = -1;
  UnwindMaps unwind;
};

enum class Unwind { kTables, kFramePointers };

struct ProbeOptions {
  // For tests: the ways of older kernels on a newer one.
  enum class Hooks { kBest, kThreadMap, kRawTracepoints };

  uint32_t frequency_hz = 97;
  std::chrono::nanoseconds min_block{0};
  Hooks hooks = Hooks::kBest;
  Unwind unwind = Unwind::kTables;
  uint64_t unwind_memory_bytes = uint64_t{32} << 20;
};

struct ProbeContext {
  ps_filter filter;
  SharedMaps maps;
  ProbeOptions options;
};

class Probe {
 public:
  virtual ~Probe() = default;

  virtual const char* name() const = 0;
  // Loads and attaches. Errors say why this kernel or these privileges do not allow it.
  virtual Status start(const ProbeContext& context) = 0;
  // What it attached to, for people: "tp_btf/sched_switch". After start().
  virtual std::string detail() const = 0;
  // From now on events belong to the next window. Returns at once.
  virtual void close_window() = 0;
  // Hands over the window that close_window() ended.
  virtual void collect(Collector& collector) = 0;
  // Detaches; what is still open is closed and handed over by a last close_window() and collect().
  virtual void stop() = 0;
  // For the bill; null before start().
  virtual const bpf_object* object() const = 0;
};

// Points the maps named in SharedMaps at the session's. Between open and load.
Status share_maps(bpf_object* object, const SharedMaps& maps);

}  // namespace perfscope::capture
