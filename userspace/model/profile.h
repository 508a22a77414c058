// Profile: what one recording knows, as tables of plain rows joined by ids.
//
// Probes fill it, the store writes it, writers and rules read it. Everything a probe can say has
// one of four shapes: a weighted stack sample, a histogram, a series value, a ledger entry. Nothing
// right of the model knows a probe.
//
// Rows are appended and, save for the fields marked "grows", never changed; an id is the row's
// position. Times are CLOCK_MONOTONIC nanoseconds; a process start is CLOCK_BOOTTIME, as the kernel
// has it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace perfscope::model {

// ---- where code lives -----------------------------------------------------------------------

enum class ModuleKind : uint8_t {
  kFile,          // an ELF file mapped by a process
  kKernel,        // vmlinux; offsets are relative to _text, so that KASLR does not split a symbol
  kKernelModule,  // offsets are relative to the module's lowest text address
  kBpf,           // JIT-compiled BPF programs; offsets are kernel addresses
  kVdso,
  kJit,        // code without a file, described by a perf map; offsets are virtual addresses
  kAnonymous,  // executable memory that nothing describes; offsets are virtual addresses
  kUnknown,    // the address belongs to no known mapping; offsets are virtual addresses
};

struct Module {
  ModuleKind kind;
  std::string path;  // as the process saw it; "[kernel]", "[vdso]", "[jit]" where there is no file
  std::string build_id;  // lower-case hexadecimal; empty when the file has none
};

// Why a location has no function name. A value, never an error (docs/file-format.md).
enum class NameStatus : uint8_t {
  kNamed,           // from a symbol table
  kBounds,          // no symbol, but .eh_frame bounds the function: named module+0xstart
  kNotAttempted,    // the recording ended before names were looked up
  kNoSymbol,        // the module was read, nothing in it covers the address
  kUnreadable,      // the module's file could not be opened
  kMalformed,       // the module's file is not what it should be
  kNoMapping,       // note: the walk left the code here; frames beyond it were not kept
  kProcessGone,     // the process ended before its mappings were read
  kRestricted,      // the kernel hides the address (kptr_restrict)
  kNoUserStack,     // note: the user half of the stack could not be walked
  kStackLost,       // note: the stack was dropped on the way; its time is kept
  kBeforeRecording  // note: the wait began before the recording did, so its stack was not seen
};

struct Function {
  std::string name;    // demangled; for kBounds "libfoo.so+0x1234"
  std::string module;  // short name of its module, for people: "libc.so.6", "[kernel]"
};

// Line of a location: the innermost inlined function first, the enclosing real function last.
struct Line {
  FunctionId function;
  std::string file;   // empty when unknown
  uint32_t line = 0;  // 0 when unknown
  bool inlined = false;
};

// One code address, independent of the process that ran it.
struct Location {
  ModuleId module;
  uint64_t offset;          // file offset for kFile and kVdso; see ModuleKind for the others
  NameStatus status;        // grows: kNotAttempted until names were looked up
  std::vector<Line> lines;  // grows: empty unless kNamed or kBounds
};

// A stack is its outermost frames' stack plus one frame: parents come before their children.
struct Stack {
  std::optional<StackId> parent;  // towards the root; none for a root frame
  LocationId location;
};

// ---- who runs -------------------------------------------------------------------------------

// One program image of one process: an exec makes a new row with the same pid.
struct Process {
  uint32_t pid;             // in the initial PID namespace
  uint64_t start_ns;        // of the process's first thread; tells re-used pids apart
  uint32_t exec_id;         // number of execs before this image
  std::string name;         // grows: the thread-group leader's comm
  std::string command;      // grows: command line, arguments joined by blanks; may be empty
  std::string cgroup;       // grows: cgroup v2 path below the mount point; may be empty
  uint32_t parent_pid = 0;  // grows: 0 when unknown
};

struct Thread {
  ProcessId process;
  uint32_t tid;      // in the initial PID namespace
  std::string name;  // grows: comm
};

// ---- the four shapes --------------------------------------------------------------------------

enum class Shape : uint8_t { kStackSamples, kHistogram, kSeries, kLedger };
enum class Unit : uint8_t { kNanoseconds, kCount, kBytes, kRatio };

// What a column of numbers means. Names are stable: rules and queries refer to them.
struct Metric {
  std::string name;   // "cpu", "offcpu", "ledger"
  std::string probe;  // the probe that fills it
  Shape shape;
  Unit unit;
  std::string help;  // one sentence, for people
};

// What a thread was doing. Later probes refine kBlocked; names are in thread_state_name().
enum class ThreadState : uint8_t {
  kOnCpu,     // running
  kRunnable,  // able to run, waiting for a CPU: woken and not yet running, or preempted
  kBlocked,   // asleep until something happens
};
constexpr std::size_t kThreadStateCount = 3;

// Shape 1. `value` in the metric's unit, from `count` events; 0 events: a part of one that is
// counted where it ends.
struct StackSample {
  SliceId slice;
  MetricId metric;
  ThreadId thread;
  ThreadState state;
  std::optional<StackId> stack;        // root first when walked; none: no frame at all
  std::optional<StackId> waker_stack;  // who ended the wait, where known
  std::optional<ThreadId> waker;
  uint64_t value;
  uint64_t count;
};

// Labels are sorted by key: equal labels are equal maps.
using Labels = std::map<std::string, std::string>;

// Shape 2. Log-linear: bucket upper bound (inclusive, metric's unit) to number of events.
struct Histogram {
  SliceId slice;
  MetricId metric;
  Labels labels;
  std::map<uint64_t, uint64_t> buckets;
  uint64_t sum = 0;
  uint64_t max = 0;
};

// Shape 3. A counter's increase in the slice, or a gauge's value at its end.
struct SeriesValue {
  SliceId slice;
  MetricId metric;
  Labels labels;
  double value;
};

// Shape 4. Time a thread spent in a state during a slice, exact to the context switch.
struct LedgerEntry {
  SliceId slice;
  ThreadId thread;
  ThreadState state;
  uint64_t ns;
};

// ---- what is known about the recording itself
// ----------------------------------------------------

// A stretch of the recording, written as a whole. [begin_ns, end_ns)
struct Slice {
  uint64_t begin_ns;
  uint64_t end_ns;
};

// Something that was seen and could not be kept, counted where it happened.
struct Drop {
  SliceId slice;
  std::string probe;
  std::string reason;
  uint64_t count;
};

// Whether a probe ran, and how; a probe that did not run says why and what would repair it.
struct ProbeStatus {
  std::string probe;
  bool active;
  std::string detail;  // active: what it attached to; else: why not, and the remedy
};

// One recording. Owned by value; tables may be moved out of it.
struct Profile {
  std::vector<Module> modules;
  std::vector<Function> functions;
  std::vector<Location> locations;
  std::vector<Stack> stacks;
  std::vector<Process> processes;
  std::vector<Thread> threads;
  std::vector<Metric> metrics;
  std::vector<Slice> slices;

  std::vector<StackSample> samples;
  std::vector<Histogram> histograms;
  std::vector<SeriesValue> series;
  std::vector<LedgerEntry> ledger;
  std::vector<Drop> drops;
  std::vector<ProbeStatus> probes;

  // Host, kernel, command, cost: documented keys (docs/file-format.md), values as text.
  std::map<std::string, std::string> facts;

  // The fact's value, or "" when it is not there.
  const std::string& fact(const std::string& key) const;
  // The fact as a number, or 0.
  uint64_t fact_u64(const std::string& key) const;
  double fact_double(const std::string& key) const;

  // Locations of a stack, root first.
  std::vector<LocationId> frames(StackId stack) const;
  // Sum of the slices' lengths.
  uint64_t duration_ns() const;
};

// By thread: whether it was ever on a CPU. One that was not did nothing, whatever it waited for.
// Without a ledger nothing is known, and every thread counts as one that ran.
std::vector<bool> threads_that_ran(const Profile& profile);

// Checks what every reader relies on: ids point into their tables, stacks' parents precede them,
// slices neither overlap nor run backwards, named locations have lines. Reports the first breach.
Status validate(const Profile& profile);

// Stable names, as written to files: "on_cpu", "blocked", "kernel_module", "no_symbol", …
const char* thread_state_name(ThreadState state);
const char* module_kind_name(ModuleKind kind);
const char* name_status_name(NameStatus status);
const char* shape_name(Shape shape);
const char* unit_name(Unit unit);
std::optional<ThreadState> thread_state_from(const std::string& name);
std::optional<ModuleKind> module_kind_from(const std::string& name);
std::optional<NameStatus> name_status_from(const std::string& name);
std::optional<Shape> shape_from(const std::string& name);
std::optional<Unit> unit_from(const std::string& name);

// The last component of a module's path: what people call it.
std::string short_module_name(const std::string& path);

}  // namespace perfscope::model
