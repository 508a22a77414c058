// What the checks of the host ask for, read once, and how they read it. Private to the host checks.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "capture/host_checks.h"

namespace perfscope::capture::host {

// Bits of CapEff, from linux/capability.h.
constexpr unsigned kSysAdmin = 21;
constexpr unsigned kSysResource = 24;
constexpr unsigned kSyslog = 34;
constexpr unsigned kPerfmon = 38;
constexpr unsigned kBpf = 39;

struct KernelVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const KernelVersion&) const = default;
};

struct HostState {
  std::string proc;
  std::string sys;
  std::string release;
  KernelVersion version;
  uint64_t capabilities = 0;

  bool has(unsigned bit) const { return (capabilities >> bit & 1) != 0; }
  bool may_sample() const { return has(kPerfmon) || has(kSysAdmin); }
  // The setting's value, if it is there, readable and a number: sysctl("kernel/kptr_restrict").
  std::optional<int> sysctl(const std::string& name) const;
};

HostState look_at(const HostRoots& roots);

bool exists(const std::string& path);
// The whole file, or "" when it cannot be read.
std::string text_of(const std::string& path);
// The rest of the first line that begins with the key.
std::string field(const std::string& text, std::string_view key);

// Limits and settings: what makes recordings better or worse, but neither allows nor forbids them.
Check check_memlock(const HostState& host);
Check check_max_stack(const HostState& host);
Check check_sample_rate(const HostState& host);
Check check_jit(const HostState& host);
Check check_pmu(const HostState& host);
Check check_cgroups(const HostState& host);
Check check_usercopy(const HostState& host);
Check check_unprivileged_bpf(const HostState& host);

}  // namespace perfscope::capture::host
