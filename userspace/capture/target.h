// Target: which threads a recording is about, checked against the host before anything is loaded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bpf/wire.h"

namespace perfscope::capture {

struct TargetOptions {
  std::vector<uint32_t> pids;  // with their children; empty: not by process
  uint32_t tid = 0;            // one thread; 0: not by thread
  std::string cgroup;          // path, absolute or below the v2 mount point; empty: not by cgroup
  bool user_stacks = true;
  bool kernel_stacks = true;
};

struct Target {
  ps_filter filter{};
  std::vector<uint32_t> pids;  // as given
};

// Errors (kNoTarget): no such process, thread or cgroup; the id is a thread's and not a process's;
// the cgroup is not in the v2 hierarchy.
Result<Target> resolve_target(const TargetOptions& options, const std::string& proc = "/proc");

// Whether this process or thread is there and has not ended; a zombie has.
bool is_alive(uint32_t pid, const std::string& proc = "/proc");

// The given processes and all their living descendants, except this process.
std::vector<uint32_t> with_descendants(const std::vector<uint32_t>& pids,
                                       const std::string& proc = "/proc");

// Where the cgroup v2 hierarchy is mounted, or "" when it is not.
std::string cgroup_mount(const std::string& proc = "/proc");

}  // namespace perfscope::capture
