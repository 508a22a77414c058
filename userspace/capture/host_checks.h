// What this host allows a profiler to do: the substance of `perfscope doctor`.
//
// Reads /proc and /sys and nothing else: opens no perf event, loads no program, changes nothing.
// Printing, JSON and the exit code belong to the command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace perfscope::capture {

enum class CheckState : uint8_t {
  kOk,
  kInfo,     // worth knowing; nothing is lost
  kWarning,  // recordings work, but miss something
  kProblem,  // recordings do not work
};
const char* check_state_name(CheckState state);  // "ok", "info", "warning", "problem"

struct Check {
  std::string id;     // stable, for scripts: "btf", "privileges", "kptr_restrict", …
  std::string title;  // for people: "Kernel type information (BTF)"
  CheckState state;
  std::string detail;  // what was found, and what it means
  std::string remedy;  // the command or step that repairs it; empty when there is nothing to do
};

// Where to look; tests point these at trees of their own.
struct HostRoots {
  std::string proc = "/proc";
  std::string sys = "/sys";
};

// Every check, in the order in which people read them: what stops a recording comes first.
// The rights checked are those of the calling process (self in the proc root).
std::vector<Check> check_host(const HostRoots& roots = {});

}  // namespace perfscope::capture
