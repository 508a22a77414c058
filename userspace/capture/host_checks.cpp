#include "capture/host_checks.h"

#include <array>
#include <optional>
#include <sstream>
#include <string_view>

#include "base/fd.h"
#include "capture/host_state.h"

namespace perfscope::capture {
namespace {

using namespace host;

using enum CheckState;

struct Capability {
  const char* name;
  unsigned bit;
  const char* use;  // what fails without it
};
// CAP_SYS_ADMIN stands in for these two, as it did before they were split from it.
constexpr std::array<Capability, 2> kRequired{{
    {"CAP_BPF", kBpf, "loading BPF programs"},
    {"CAP_PERFMON", kPerfmon, "sampling and reading kernel memory"},
}};
constexpr std::array<Capability, 3> kHelpful{{
    {"CAP_SYS_PTRACE", 19, "the mappings of other users' processes"},
    {"CAP_DAC_READ_SEARCH", 2, "the binaries of other users' processes"},
    {"CAP_SYSLOG", kSyslog, "kernel function names"},
}};
constexpr const char* kGrant =
    "run it with sudo (in a container: --privileged --pid=host), or: sudo setcap "
    "cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search,"
    "cap_syslog+ep \"$(command -v perfscope)\"";

Check check_kernel(const HostState& host) {
  Check check{"kernel", "Kernel", kOk, "Linux " + host.release, ""};
  if (host.release.empty()) return {check.id, check.title, kWarning, "its release is unknown", ""};
  if (host.version < KernelVersion{5, 10}) {
    check.state = kWarning;
    check.detail += " is older than 5.10, the oldest one that perfscope is tested on";
    check.remedy = "upgrade the kernel";
  }
  return check;
}

Check check_btf(const HostState& host) {
  const std::string path = host.sys + "/kernel/btf/vmlinux";
  Check check{"btf", "Kernel type information (BTF)", kOk, "present", ""};
  Result<std::string> head = read_file(path, 2);
  if (head && (*head == "\x9f\xeb" || *head == "\xeb\x9f")) return check;
  check.state = kProblem;
  check.detail = head ? path + " is damaged" : "this kernel was built without " + path;
  check.remedy =
      "boot a kernel with CONFIG_DEBUG_INFO_BTF=y; those of Debian 11, Ubuntu 20.10, "
      "RHEL 8.2, Fedora 31 and later have it";
  return check;
}

Check check_privileges(const HostState& host) {
  Check check{"privileges", "Privileges", kOk, "all that recordings need", ""};
  std::string missing;
  auto note = [&](const Capability& capability) {
    missing +=
        (missing.empty() ? "" : ", ") + std::string(capability.name) + " (" + capability.use + ")";
  };
  for (const Capability& needed : kRequired)
    if (!host.has(needed.bit) && !host.has(kSysAdmin)) note(needed);
  const bool blocked = !missing.empty();
  for (const Capability& wanted : kHelpful)
    if (!host.has(wanted.bit)) note(wanted);
  if (missing.empty()) return check;
  return {check.id, check.title, blocked ? kProblem : kWarning, "missing: " + missing, kGrant};
}

// Capabilities of a user namespace look complete and mean nothing to BPF.
Check check_user_namespace(const HostState& host) {
  Check check{"user_namespace", "User namespace", kOk, "the host's", ""};
  std::istringstream map(text_of(host.proc + "/self/uid_map"));
  uint64_t inside = 0;
  uint64_t outside = 0;
  uint64_t length = 0;
  if (map >> inside >> outside >> length && (outside != 0 || length < 0xffffffff)) {
    check.state = kProblem;
    check.detail = "a container's: its privileges do not count for BPF and perf events";
    check.remedy =
        "run perfscope on the host, or in a container without a user namespace "
        "(docker run --privileged --pid=host --userns=host)";
  }
  return check;
}

Check check_lockdown(const HostState& host) {
  Check check{"lockdown", "Kernel lockdown", kOk, "off", ""};
  std::string modes = read_line(host.sys + "/kernel/security/lockdown");
  if (modes.find("[confidentiality]") != std::string::npos) {
    check.state = kProblem;
    check.detail = "confidentiality: BPF programs may not read kernel memory";
    check.remedy = "boot with lockdown=integrity, or without Secure Boot";
  } else if (modes.find("[integrity]") != std::string::npos) {
    check.detail = "integrity: does not stop recordings";
  } else if (modes.empty()) {
    check.state = kInfo;
    check.detail = "unknown: this kernel has none, or securityfs is not mounted";
  }
  return check;
}

Check check_perf_events(const HostState& host) {
  Check check{"perf_event_paranoid", "Perf events", kOk, "", ""};
  std::optional<int> level = host.sysctl("kernel/perf_event_paranoid");
  if (!level) {
    check.state = kProblem;
    check.detail = "this kernel has no perf events";
    check.remedy = "boot a kernel with CONFIG_PERF_EVENTS=y";
    return check;
  }
  check.detail = "kernel.perf_event_paranoid is " + std::to_string(*level);
  if (host.may_sample()) {
    check.detail += ", which does not apply to privileged processes";
  } else if (*level > 0) {
    check.state = kProblem;
    check.detail += ": system-wide sampling is not for unprivileged processes";
    check.remedy = "run it with sudo, or: sudo sysctl kernel.perf_event_paranoid=-1";
  }
  return check;
}

// The first addresses of kallsyms can be zero in themselves; all of them are only when hidden.
bool shows_addresses(const std::string& kallsyms) {
  std::istringstream lines(kallsyms);
  for (std::string line; std::getline(lines, line);)
    if (line.find_first_not_of('0') < line.find(' ')) return true;
  return false;
}

Check check_kernel_symbols(const HostState& host) {
  Check check{"kptr_restrict", "Kernel function names", kOk, "/proc/kallsyms shows addresses", ""};
  Result<std::string> kallsyms = read_file(host.proc + "/kallsyms", std::size_t{64} << 10);
  if (kallsyms && shows_addresses(*kallsyms)) return check;
  check.state = kWarning;
  if (!kallsyms || kallsyms->empty()) {
    check.detail = "there is no /proc/kallsyms: kernel frames stay without names";
    check.remedy = "boot a kernel with CONFIG_KALLSYMS=y";
    return check;
  }
  std::optional<int> level = host.sysctl("kernel/kptr_restrict");
  check.detail = "/proc/kallsyms hides its addresses: kernel frames stay without names";
  if (level) check.detail += " (kernel.kptr_restrict is " + std::to_string(*level) + ")";
  check.remedy = level.value_or(0) >= 2 ? "sudo sysctl kernel.kptr_restrict=1"
                                        : "run it with sudo, or grant CAP_SYSLOG";
  return check;
}

Check check_tracepoints(const HostState& host) {
  Check check{"tracefs", "Tracepoints (tracefs)", kOk, "", ""};
  for (const char* mount : {"/kernel/tracing", "/kernel/debug/tracing"}) {
    if (!exists(host.sys + mount + "/events/sched")) continue;
    check.detail = host.sys + mount;
    return check;
  }
  check.state = kWarning;
  check.detail = "not mounted or not readable: probes that need a tracepoint's format stay off";
  check.remedy = "sudo mount -t tracefs tracefs /sys/kernel/tracing";
  return check;
}

}  // namespace

const char* check_state_name(CheckState state) {
  switch (state) {
    case kOk: return "ok";
    case kInfo: return "info";
    case kWarning: return "warning";
    case kProblem: return "problem";
  }
  return "unknown";
}

std::vector<Check> check_host(const HostRoots& roots) {
  const host::HostState state = host::look_at(roots);
  std::vector<Check> checks;
  for (auto* check : {check_kernel, check_btf, check_privileges, check_user_namespace,
                      check_lockdown, check_perf_events, check_kernel_symbols, check_tracepoints,
                      check_memlock, check_max_stack, check_sample_rate, check_jit, check_pmu,
                      check_cgroups, check_usercopy, check_unprivileged_bpf})
    checks.push_back(check(state));
  return checks;
}

}  // namespace perfscope::capture
