#include <sstream>

#include "capture/host_state.h"

namespace perfscope::capture::host {

using enum CheckState;

Check check_pmu(const HostState& host) {
  Check check{"pmu", "Hardware counters (PMU)", kOk, "present", ""};
  const std::string devices = host.sys + "/bus/event_source/devices/";
  for (const char* name : {"cpu", "cpu_core", "armv8_pmuv3_0", "armv8_pmuv3"})
    if (exists(devices + name)) return check;
  check.state = kInfo;
  check.detail = "none, as in most virtual machines: sampling uses the cpu-clock timer instead";
  return check;
}

Check check_memlock(const HostState& host) {
  Check check{"memlock", "Memory lock limit", kOk, "does not apply to BPF on this kernel", ""};
  // Since 5.11 BPF memory is charged to the memory cgroup ("bpf: Eliminate rlimit-based memory
  // accounting", v5.11). There is no other trace of it to test for.
  if (host.version >= KernelVersion{5, 11}) return check;
  std::istringstream limits(field(text_of(host.proc + "/self/limits"), "Max locked memory"));
  std::string soft;
  limits >> soft;
  check.detail = soft.empty() ? "unknown" : soft == "unlimited" ? soft : soft + " bytes";
  if (soft == "unlimited") return check;
  if (host.has(kSysResource)) {
    check.detail += ", which perfscope may raise";
    return check;
  }
  check.state = kWarning;
  check.detail += ": BPF maps count against it on this kernel and may not fit";
  check.remedy = "ulimit -l unlimited, or run it with sudo";
  return check;
}

Check check_max_stack(const HostState& host) {
  Check check{"perf_event_max_stack", "Deepest kernel-walked stack", kOk, "", ""};
  std::optional<int> frames = host.sysctl("kernel/perf_event_max_stack");
  if (!frames) return {check.id, check.title, kInfo, "unknown", ""};
  check.detail = std::to_string(*frames) + " frames";
  if (*frames > 127) return check;
  check.state = *frames < 127 ? kWarning : kInfo;
  check.detail += *frames < 127 ? ", below the kernel's default of 127: stacks are cut"
                                : "; deeper stacks are cut there";
  check.remedy = "sudo sysctl kernel.perf_event_max_stack=512 (while no profiler runs)";
  return check;
}

Check check_sample_rate(const HostState& host) {
  constexpr int kUsefulHz = 1000;
  Check check{"sample_rate", "Sampling rate limit", kOk, "", ""};
  std::optional<int> rate_hz = host.sysctl("kernel/perf_event_max_sample_rate");
  std::optional<int> percent = host.sysctl("kernel/perf_cpu_time_max_percent");
  if (!rate_hz) return {check.id, check.title, kInfo, "unknown", ""};
  check.detail = std::to_string(*rate_hz) + " Hz";
  if (percent && *percent > 0 && *percent < 100)
    check.detail +=
        "; lowered when sampling takes over " + std::to_string(*percent) + " % of a CPU";
  if (*rate_hz < kUsefulHz) {
    check.state = kWarning;
    check.detail += "; the kernel or an administrator has lowered it";
    check.remedy = "sudo sysctl kernel.perf_event_max_sample_rate=100000";
  }
  return check;
}

Check check_jit(const HostState& host) {
  Check check{"bpf_jit", "BPF JIT compiler", kOk, "on", ""};
  std::optional<int> mode = host.sysctl("net/core/bpf_jit_enable");
  if (!mode) return {check.id, check.title, kInfo, "unknown: only root may read it", ""};
  if (*mode == 1) return check;
  check.state = kWarning;
  check.detail = *mode == 0 ? "off: probes are interpreted and cost several times as much"
                            : "in debug mode: every program is dumped into the kernel log";
  check.remedy = "sudo sysctl net.core.bpf_jit_enable=1";
  return check;
}

Check check_unprivileged_bpf(const HostState& host) {
  Check check{"unprivileged_bpf", "BPF for unprivileged users", kOk, "off", ""};
  std::optional<int> disabled = host.sysctl("kernel/unprivileged_bpf_disabled");
  if (disabled != 0) return check;
  check.state = kInfo;
  check.detail = "on; perfscope does not need it";
  check.remedy = "sudo sysctl kernel.unprivileged_bpf_disabled=2";
  return check;
}

Check check_cgroups(const HostState& host) {
  Check check{"cgroup2", "Control groups", kWarning, "", ""};
  std::istringstream mounts(text_of(host.proc + "/self/mounts"));
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device;
    std::string folder;
    std::string type;
    if (!(words >> device >> folder >> type) || type != "cgroup2") continue;
    const bool unified = folder == "/sys/fs/cgroup";
    check.state = unified ? kOk : kInfo;
    check.detail = "version 2 at " + folder;
    if (!unified) check.detail += "; the controllers may be in version 1";
    return check;
  }
  check.detail = "no version 2 hierarchy: processes cannot be told apart by container";
  check.remedy =
      "boot with systemd.unified_cgroup_hierarchy=1, or: sudo mount -t cgroup2 none "
      "/mnt/cgroup2";
  return check;
}

// CONFIG_HARDENED_USERCOPY together with a read of user memory in an interrupt could spin on a lock
// that the interrupted task holds: commit d319f344561d ("mm: Fix copy_from_user_nofault().", v6.4).
// Stable and distribution kernels took the fix at different times and nothing in /proc or /sys says
// so: this is no more than a hint.
Check check_usercopy(const HostState& host) {
  Check check{"usercopy_lockup", "Reading user stacks from interrupts", kOk, "safe", ""};
  if (host.version < KernelVersion{5, 19} || host.version >= KernelVersion{6, 4}) return check;
  check.state = kInfo;
  check.detail =
      "early builds of this kernel series could lock up (\"mm: Fix "
      "copy_from_user_nofault()\", 2023); current ones have the fix";
  check.remedy = "keep the kernel package up to date";
  return check;
}

}  // namespace perfscope::capture::host
