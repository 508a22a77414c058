// The stable names of the model's enumerations, in the order of their values.
#include <array>
#include <cstddef>

#include "model/profile.h"
#include "model/view.h"

namespace perfscope::model {
namespace {

constexpr std::array kThreadStates{"on_cpu", "runnable", "blocked"};
constexpr std::array kModuleKinds{"file", "kernel", "kernel_module", "bpf",
                                  "vdso", "jit",    "anonymous",     "unknown"};
constexpr std::array kNameStatuses{"named",         "bounds",       "not_attempted",
                                   "no_symbol",     "unreadable",   "malformed",
                                   "no_mapping",    "process_gone", "restricted",
                                   "no_user_stack", "stack_lost",   "before_recording"};
constexpr std::array kShapes{"stack_samples", "histogram", "series", "ledger"};
constexpr std::array kUnits{"nanoseconds", "count", "bytes", "ratio"};
constexpr std::array kFrameKinds{"process", "native", "kernel", "jit", "inlined", "idle", "note"};

static_assert(kThreadStates.size() == kThreadStateCount);
static_assert(kModuleKinds.size() == std::size_t(ModuleKind::kUnknown) + 1);
static_assert(kNameStatuses.size() == std::size_t(NameStatus::kBeforeRecording) + 1);
static_assert(kShapes.size() == std::size_t(Shape::kLedger) + 1);
static_assert(kUnits.size() == std::size_t(Unit::kRatio) + 1);
static_assert(kFrameKinds.size() == std::size_t(FrameKind::kNote) + 1);

template <typename Enum, std::size_t N>
const char* name_of(const std::array<const char*, N>& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

template <typename Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<const char*, N>& names, const std::string& name) {
  for (std::size_t i = 0; i < N; ++i)
    if (name == names.at(i)) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

const char* thread_state_name(ThreadState state) { return name_of(kThreadStates, state); }
const char* module_kind_name(ModuleKind kind) { return name_of(kModuleKinds, kind); }
const char* name_status_name(NameStatus status) { return name_of(kNameStatuses, status); }
const char* shape_name(Shape shape) { return name_of(kShapes, shape); }
const char* unit_name(Unit unit) { return name_of(kUnits, unit); }
const char* frame_kind_name(FrameKind kind) { return name_of(kFrameKinds, kind); }

std::optional<ThreadState> thread_state_from(const std::string& name) {
  return value_of<ThreadState>(kThreadStates, name);
}
std::optional<ModuleKind> module_kind_from(const std::string& name) {
  return value_of<ModuleKind>(kModuleKinds, name);
}
std::optional<NameStatus> name_status_from(const std::string& name) {
  return value_of<NameStatus>(kNameStatuses, name);
}
std::optional<Shape> shape_from(const std::string& name) { return value_of<Shape>(kShapes, name); }
std::optional<Unit> unit_from(const std::string& name) { return value_of<Unit>(kUnits, name); }

}  // namespace perfscope::model
