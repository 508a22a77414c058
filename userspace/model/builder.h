// Builder: grows a Profile while a recording runs, each row once.
//
// The tables that ids point into only grow. The shapes (samples, ledger, …) belong to the current
// slice: whoever stores a slice calls clear_slice() when it is written, so that a recording's
// memory does not grow with its length. Not thread-safe.
#pragma once

#include <span>
#include <unordered_map>

#include "model/profile.h"

namespace perfscope::model {

// What tells one program image from every other on this host since boot.
struct ProcessKey {
  uint32_t pid;
  uint32_t exec_id;
  uint64_t start_ns;
  friend bool operator==(const ProcessKey&, const ProcessKey&) = default;
};

class Builder {
 public:
  const Profile& profile() const { return profile_; }
  Profile& profile() { return profile_; }

  // Each returns the row that already stands for the same thing, or adds it.
  ModuleId module(ModuleKind kind, const std::string& path, const std::string& build_id);
  FunctionId function(const std::string& name, const std::string& module);
  LocationId location(ModuleId module, uint64_t offset);
  LocationId note(NameStatus status);  // a frame that stands for what could not be seen
  std::optional<StackId> stack(std::span<const LocationId> root_first);
  std::optional<StackId> extend(std::optional<StackId> stack, std::span<const LocationId> rest);
  ProcessId process(const ProcessKey& key);
  ThreadId thread(ProcessId process, uint32_t tid);
  MetricId metric(const Metric& metric);

  SliceId begin_slice(uint64_t begin_ns);
  void end_slice(uint64_t end_ns) { profile_.slices.back().end_ns = end_ns; }
  SliceId slice() const { return SliceId(profile_.slices.size() - 1); }
  // Drops the rows of the four shapes and the drops; ids stay valid.
  void clear_slice();

  // Locations added and not yet taken, oldest first: what waits for names.
  std::vector<LocationId> take_new_locations();

 private:
  struct PairHash {
    std::size_t operator()(const std::pair<uint64_t, uint64_t>& key) const {
      return std::hash<uint64_t>{}(key.first * 0x9e3779b97f4a7c15ULL ^ key.second);
    }
  };
  struct ProcessKeyHash {
    std::size_t operator()(const ProcessKey& key) const {
      return std::hash<uint64_t>{}(key.start_ns ^ (uint64_t{key.pid} << 32) ^ key.exec_id);
    }
  };
  template <typename Id>
  using PairIndex = std::unordered_map<std::pair<uint64_t, uint64_t>, Id, PairHash>;

  Profile profile_;
  std::unordered_map<std::string, ModuleId> modules_;
  std::unordered_map<std::string, FunctionId> functions_;
  PairIndex<LocationId> locations_;  // module, offset
  PairIndex<StackId> stacks_;        // parent + 1, location
  std::unordered_map<ProcessKey, ProcessId, ProcessKeyHash> processes_;
  PairIndex<ThreadId> threads_;  // process, tid
  std::size_t named_locations_ = 0;
};

}  // namespace perfscope::model
