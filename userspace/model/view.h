// View: the answer to "which time, split by stack?", ready for any writer.
//
// A view selects samples of a profile, gives each a weight, and turns stacks into named frames. All
// writers of stacks (flame graph, pprof, folded, …) take a View and nothing else, so that a new
// view reaches every writer and a new writer every view.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/profile.h"

namespace perfscope::model {

// What a frame is, which decides its colour.
enum class FrameKind : uint8_t {
  kProcess,  // the root: a process's name
  kNative,
  kKernel,
  kJit,
  kInlined,
  kIdle,  // the CPU had nothing to do
  kNote,  // perfscope's own words, such as "[stack lost]"
};
const char* frame_kind_name(FrameKind kind);  // "process", "native", "kernel", …

// One row per distinct frame shown.
struct ViewFrame {
  std::string name;        // function, or what stands for it
  std::string module{};    // full path; empty for kProcess and kNote
  std::string build_id{};  // of the module; may be empty
  uint64_t offset = 0;     // of a representative location in the module
  std::string file{};      // source file; may be empty
  uint32_t line = 0;       // 0 when unknown
  FrameKind kind = FrameKind::kNative;
};

// Stacks are unique: two samples with equal frames are one row.
struct ViewStack {
  std::vector<uint32_t> frames;  // indices into View::frames; the process first, the leaf last
  uint64_t value = 0;            // in View::unit
  uint64_t count = 0;            // events behind the value
};

struct View {
  std::string name;   // "cpu", "offcpu", "wall"
  std::string title;  // "CPU time", …
  Unit unit = Unit::kNanoseconds;
  std::vector<ViewFrame> frames;
  std::vector<ViewStack> stacks;  // largest first
  uint64_t total = 0;             // sum of the stacks' values

  // Left out because their threads did nothing but wait while the recording ran.
  uint64_t idle_threads = 0;
  uint64_t idle_value = 0;

  uint64_t period_ns = 0;  // of sampled views: what one sample stands for

  // For headers and file metadata.
  uint64_t duration_ns = 0;  // of the recording
  std::string host;
  std::string recorded_at;  // ISO 8601, UTC
  std::string command;      // perfscope's own command line
};

struct ViewSpec {
  std::string_view name;
  std::string_view title;
  std::string_view help;
};

// Every view there is, in the order in which they are listed to people.
const std::vector<ViewSpec>& view_specs();

// Narrows a view to some threads; everything empty or zero means all.
struct ViewFilter {
  uint32_t pid = 0;
  uint32_t tid = 0;
  std::string process;  // process name, exact
  bool idle = false;    // also show threads that never ran during the recording
};

// Errors: no such view (the message lists them), or the recording lacks the metric it needs.
Result<View> make_view(const Profile& profile, std::string_view name,
                       const ViewFilter& filter = {});

}  // namespace perfscope::model
