// StackStore: turns the 64-bit stack ids of the kernel side into stacks of the profile.
//
// The kernel sends each stack once, ahead of the samples that refer to it. User halves are located
// at once, while their process lives; a sample's stack is its user half with its kernel half on
// top.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "bpf/wire.h"
#include "capture/process_table.h"
#include "model/builder.h"
#include "symbolizer/kernel_symbols.h"

namespace perfscope::capture {

class StackStore {
 public:
  StackStore(model::Builder& builder, ProcessTable& processes, symbolizer::KernelSymbols& kernel)
      : builder_(builder), processes_(processes), kernel_(kernel) {}

  // `bytes` is the event's size on the ring: its frames are untrusted beyond it.
  void add(const ps_stack_event& event, std::size_t bytes, uint64_t now_ns);

  // Where the user half of a sample ends; nothing when there is none or it is not known yet.
  std::optional<ps_stack_end> end_of(uint64_t user_stack) const;

  // The stack of a sample, root first; nothing when neither half was asked for.
  std::optional<model::StackId> join(uint64_t user_stack, uint64_t kernel_stack);

  uint64_t stacks() const { return user_.size() + kernel_frames_.size(); }
  uint64_t truncated() const { return truncated_; }
  // Too many stacks to keep: forgets them all. The caller makes the kernel send them again.
  bool is_full() const { return stacks() > kMaxStacks; }
  void clear();

 private:
  static constexpr std::size_t kMaxStacks = 400'000;

  model::LocationId locate_kernel(uint64_t address);
  std::size_t frames_above_tracepoint(const __u64* leaf_first, std::size_t frames);
  bool is_kernel_text(uint64_t address);
  void add_kernel(uint64_t id, const __u64* leaf_first, std::size_t frames);
  std::optional<model::StackId> user_half(uint64_t id);

  struct PairHash {
    std::size_t operator()(const std::pair<uint64_t, uint64_t>& ids) const {
      return ids.first ^ (ids.second * 0x9e3779b97f4a7c15ULL);
    }
  };

  model::Builder& builder_;
  ProcessTable& processes_;
  symbolizer::KernelSymbols& kernel_;
  std::unordered_map<uint64_t, std::optional<model::StackId>> user_;
  std::unordered_map<uint64_t, ps_stack_end> ends_;                             // of user halves
  std::unordered_map<uint64_t, std::vector<model::LocationId>> kernel_frames_;  // root first
  std::unordered_map<std::pair<uint64_t, uint64_t>, std::optional<model::StackId>, PairHash>
      joined_;
  uint64_t truncated_ = 0;
};

}  // namespace perfscope::capture
