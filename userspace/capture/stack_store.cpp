#include "capture/stack_store.h"

#include <algorithm>
#include <string_view>

namespace perfscope::capture {
namespace {

using model::LocationId;
using model::ModuleKind;
using model::NameStatus;

// A return address may lie behind its function's last byte: the call is what is meant.
uint64_t call_site(uint64_t address, bool is_leaf) { return is_leaf ? address : address - 1; }

// What calls a tracepoint's programs; the program itself and the helpers it called lie above.
bool calls_programs(std::string_view name) {
  return name.starts_with("bpf_trace_run") || name.starts_with("__traceiter_") ||
         name.starts_with("__bpf_trace_");
}

ModuleKind kernel_module_kind(std::string_view name) {
  if (name == "[kernel]") return ModuleKind::kKernel;
  if (name == "[bpf]") return ModuleKind::kBpf;
  return ModuleKind::kKernelModule;
}

}  // namespace

void StackStore::add(const ps_stack_event& event, std::size_t bytes, uint64_t now_ns) {
  std::size_t room = bytes > offsetof(ps_stack_event, ips)
                         ? (bytes - offsetof(ps_stack_event, ips)) / sizeof(uint64_t)
                         : 0;
  std::size_t frames = std::min<std::size_t>({event.frames, room, PS_MAX_FRAMES});
  if (frames == PS_MAX_FRAMES) ++truncated_;
  if (event.is_user == 0) return add_kernel(event.id, event.ips, frames);
  if (user_.contains(event.id)) return;
  processes_.process(event.process, event.comm);
  std::vector<LocationId> found;
  for (std::size_t i = 0; i < frames; ++i) {
    found.push_back(processes_.locate(event.process, call_site(event.ips[i], i == 0), now_ns));
    // What follows an address outside all code was never a return address: code without frame
    // pointers has led the walk astray.
    const model::Location& location = builder_.profile().locations[found.back().index()];
    if (location.status == NameStatus::kNoMapping) break;
  }
  std::reverse(found.begin(), found.end());
  user_[event.id] = builder_.stack(found);
  ends_[event.id] = static_cast<ps_stack_end>(std::min<unsigned>(event.end, PS_ENDS - 1));
}

std::optional<ps_stack_end> StackStore::end_of(uint64_t user_stack) const {
  auto known = ends_.find(user_stack);
  return known == ends_.end() ? std::nullopt : std::optional<ps_stack_end>(known->second);
}

LocationId StackStore::locate_kernel(uint64_t address) {
  symbolizer::KernelSymbols::Location found = kernel_.find(address);
  std::string module = found.module.empty() ? "[kernel]" : std::string(found.module);
  uint64_t base = kernel_.text_base(module);
  return builder_.location(builder_.module(kernel_module_kind(module), module, ""), address - base);
}

// Frames that stand there only because the stack was taken by a tracepoint's program.
std::size_t StackStore::frames_above_tracepoint(const __u64* leaf_first, std::size_t frames) {
  constexpr std::size_t kMostFrames = 8;
  for (std::size_t i = std::min(frames, kMostFrames); i-- > 0;)
    if (is_kernel_text(leaf_first[i]) && calls_programs(kernel_.find(leaf_first[i]).name))
      return i + 1;
  return 0;
}

// Modules and BPF programs lie elsewhere, and looking them up is expensive.
bool StackStore::is_kernel_text(uint64_t address) {
  constexpr uint64_t kMostTextBytes = uint64_t{128} << 20;
  uint64_t text = kernel_.text_base("[kernel]");
  return address >= text && address - text < kMostTextBytes;
}

void StackStore::add_kernel(uint64_t id, const __u64* leaf_first, std::size_t frames) {
  if (kernel_frames_.contains(id)) return;
  std::size_t top = frames_above_tracepoint(leaf_first, frames);
  std::vector<LocationId> root_first;
  for (std::size_t i = frames; i-- > top;)
    root_first.push_back(locate_kernel(call_site(leaf_first[i], i == 0)));
  kernel_frames_[id] = std::move(root_first);
}

std::optional<model::StackId> StackStore::user_half(uint64_t id) {
  auto note = [this](NameStatus status) {
    LocationId frame = builder_.note(status);
    return builder_.stack({&frame, 1});
  };
  switch (id) {
    case PS_STACK_NONE: return std::nullopt;
    case PS_STACK_UNREADABLE: return note(NameStatus::kNoUserStack);
    case PS_STACK_BEFORE: return note(NameStatus::kBeforeRecording);
    case PS_STACK_LOST: return note(NameStatus::kStackLost);
    default: break;
  }
  auto known = user_.find(id);
  return known == user_.end() ? note(NameStatus::kStackLost) : known->second;
}

std::optional<model::StackId> StackStore::join(uint64_t user_stack, uint64_t kernel_stack) {
  std::pair key{user_stack, kernel_stack};
  if (auto known = joined_.find(key); known != joined_.end()) return known->second;
  bool complete = user_stack < PS_STACK_FIRST || user_.contains(user_stack);
  std::optional<model::StackId> stack = user_half(user_stack);
  if (auto kernel = kernel_frames_.find(kernel_stack); kernel != kernel_frames_.end()) {
    stack = builder_.extend(stack, kernel->second);
  } else if (kernel_stack != PS_STACK_NONE) {
    LocationId lost = builder_.note(NameStatus::kStackLost);
    stack = builder_.extend(stack, {&lost, 1});
    complete = complete && kernel_stack < PS_STACK_FIRST;
  }
  if (complete) joined_.emplace(key, stack);  // else a half may still arrive
  return stack;
}

void StackStore::clear() {
  user_.clear();
  ends_.clear();
  kernel_frames_.clear();
  joined_.clear();
}

}  // namespace perfscope::capture
