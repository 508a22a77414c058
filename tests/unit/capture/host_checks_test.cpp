#include "capture/host_checks.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace perfscope::capture {
namespace {

// A host on which nothing is wrong; each test takes away or changes one thing.
class HostChecks : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "perfscope-host-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    good_proc();
    good_sys();
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void put(const std::string& name, const std::string& text) const {
    std::filesystem::path path = root_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  void sysctl(const std::string& name, const std::string& value) const {
    put("proc/sys/" + name, value + "\n");
  }
  void capabilities(const std::string& hexadecimal) const {
    put("proc/self/status",
        "Name:\tperfscope\nCapPrm:\t0\nCapEff:\t" + hexadecimal + "\nSeccomp:\t0\n");
  }
  void remove(const std::string& name) const {
    ASSERT_GT(std::filesystem::remove_all(root_ / name), 0U) << name;
  }

  std::vector<Check> all() const {
    return check_host({(root_ / "proc").string(), (root_ / "sys").string()});
  }
  Check check(const std::string& id) const {
    for (const Check& each : all())
      if (each.id == id) return each;
    ADD_FAILURE() << "no check " << id;
    return {};
  }

 private:
  void good_proc() const {
    sysctl("kernel/osrelease", "6.12.1-amd64");
    sysctl("kernel/perf_event_paranoid", "2");
    sysctl("kernel/kptr_restrict", "0");
    sysctl("kernel/unprivileged_bpf_disabled", "2");
    sysctl("kernel/perf_event_max_stack", "256");
    sysctl("kernel/perf_event_max_sample_rate", "100000");
    sysctl("kernel/perf_cpu_time_max_percent", "25");
    sysctl("net/core/bpf_jit_enable", "1");
    capabilities("000001ffffffffff");
    put("proc/self/uid_map", "         0          0 4294967295\n");
    put("proc/self/mounts", "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n");
    put("proc/self/limits",
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max locked memory         8388608              8388608              bytes     \n");
    put("proc/kallsyms", "0000000000000000 A fixed_percpu_data\nffffffff81000000 T _stext\n");
  }
  void good_sys() const {
    put("sys/kernel/btf/vmlinux", "\x9f\xeb\x01");
    put("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
    put("sys/kernel/tracing/events/sched/enable", "0\n");
    put("sys/bus/event_source/devices/cpu/type", "4\n");
  }

  std::filesystem::path root_;
};

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(HostChecks, AGoodHostIsAllRight) {
  for (const Check& each : all())
    EXPECT_EQ(each.state, CheckState::kOk) << each.id << ": " << each.detail;
}

TEST_F(HostChecks, IdsAreUniqueAndTitlesThere) {
  std::set<std::string> ids;
  for (const Check& each : all()) {
    EXPECT_TRUE(ids.insert(each.id).second) << each.id;
    EXPECT_FALSE(each.title.empty()) << each.id;
    EXPECT_FALSE(each.detail.empty()) << each.id;
  }
  EXPECT_EQ(ids.size(), 16U);
}

// A container may show next to nothing: no check may mistake that for a crash or for silence.
TEST_F(HostChecks, AnEmptyHostIsDescribedToo) {
  remove("proc");
  remove("sys");
  std::vector<Check> checks = all();
  EXPECT_EQ(checks.size(), 16U);
  for (const Check& each : checks) EXPECT_FALSE(each.detail.empty()) << each.id;
  EXPECT_EQ(check("btf").state, CheckState::kProblem);
  EXPECT_EQ(check("privileges").state, CheckState::kProblem);
  EXPECT_EQ(check("perf_event_paranoid").state, CheckState::kProblem);
}

TEST_F(HostChecks, ProblemsAndWarningsComeWithARemedy) {
  remove("sys");
  capabilities("0");
  sysctl("kernel/perf_event_max_stack", "64");
  sysctl("net/core/bpf_jit_enable", "0");
  put("proc/kallsyms", "0000000000000000 T _stext\n");
  for (const Check& each : all()) {
    if (each.state == CheckState::kProblem || each.state == CheckState::kWarning) {
      EXPECT_FALSE(each.remedy.empty()) << each.id;
    }
    if (each.state == CheckState::kOk) {
      EXPECT_EQ(each.remedy, "") << each.id;
    }
  }
}

TEST_F(HostChecks, ThisHostCanBeLookedAt) { EXPECT_EQ(check_host().size(), 16U); }

TEST_F(HostChecks, NamesTheKernel) {
  EXPECT_EQ(check("kernel").detail, "Linux 6.12.1-amd64");
  sysctl("kernel/osrelease", "5.4.0-99-generic");
  EXPECT_EQ(check("kernel").state, CheckState::kWarning);
  sysctl("kernel/osrelease", "5.10.0");
  EXPECT_EQ(check("kernel").state, CheckState::kOk);
  sysctl("kernel/osrelease", "strange");
  EXPECT_EQ(check("kernel").state, CheckState::kWarning);
}

TEST_F(HostChecks, WithoutTypeInformationNothingLoads) {
  put("sys/kernel/btf/vmlinux", "garbage");
  EXPECT_EQ(check("btf").state, CheckState::kProblem);
  EXPECT_TRUE(mentions(check("btf").detail, "damaged"));
  remove("sys/kernel/btf");
  EXPECT_EQ(check("btf").state, CheckState::kProblem);
  EXPECT_TRUE(mentions(check("btf").remedy, "CONFIG_DEBUG_INFO_BTF"));
}

TEST_F(HostChecks, NamesTheMissingCapabilities) {
  capabilities("0000000000000000");
  Check none = check("privileges");
  EXPECT_EQ(none.state, CheckState::kProblem);
  for (const char* name :
       {"CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH", "CAP_SYSLOG"})
    EXPECT_TRUE(mentions(none.detail, name)) << none.detail;
  EXPECT_TRUE(mentions(none.remedy, "sudo setcap cap_bpf,cap_perfmon"));
}

TEST_F(HostChecks, HelpfulCapabilitiesAreNoMoreThanHelpful) {
  capabilities("000000c000000000");  // CAP_BPF and CAP_PERFMON
  Check some = check("privileges");
  EXPECT_EQ(some.state, CheckState::kWarning);
  EXPECT_FALSE(mentions(some.detail, "CAP_BPF"));
  EXPECT_TRUE(mentions(some.detail, "CAP_SYS_PTRACE"));
}

TEST_F(HostChecks, SysAdminStandsInForBpfAndPerfmon) {
  capabilities("0000000400280004");  // SYS_ADMIN, SYS_PTRACE, DAC_READ_SEARCH, SYSLOG
  EXPECT_EQ(check("privileges").state, CheckState::kOk) << check("privileges").detail;
  EXPECT_EQ(check("perf_event_paranoid").state, CheckState::kOk);
}

TEST_F(HostChecks, CapabilitiesOfAUserNamespaceDoNotCount) {
  put("proc/self/uid_map", "         0     100000      65536\n");
  EXPECT_EQ(check("user_namespace").state, CheckState::kProblem);
}

TEST_F(HostChecks, OnlyConfidentialityStopsRecordings) {
  put("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  EXPECT_EQ(check("lockdown").state, CheckState::kOk);
  put("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
  EXPECT_EQ(check("lockdown").state, CheckState::kProblem);
  remove("sys/kernel/security");
  EXPECT_EQ(check("lockdown").state, CheckState::kInfo);
}

TEST_F(HostChecks, ParanoiaConcernsTheUnprivileged) {
  sysctl("kernel/perf_event_paranoid", "4");
  EXPECT_EQ(check("perf_event_paranoid").state, CheckState::kOk);
  capabilities("0");
  EXPECT_EQ(check("perf_event_paranoid").state, CheckState::kProblem);
  EXPECT_TRUE(mentions(check("perf_event_paranoid").remedy, "kernel.perf_event_paranoid=-1"));
  sysctl("kernel/perf_event_paranoid", "-1");
  EXPECT_EQ(check("perf_event_paranoid").state, CheckState::kOk);
}

TEST_F(HostChecks, AKernelWithoutPerfEventsCannotSample) {
  remove("proc/sys/kernel/perf_event_paranoid");
  EXPECT_EQ(check("perf_event_paranoid").state, CheckState::kProblem);
}

TEST_F(HostChecks, SeesWhetherKernelAddressesAreHidden) {
  put("proc/kallsyms", "0000000000000000 T _stext\n0000000000000000 T _text\n");
  sysctl("kernel/kptr_restrict", "2");
  EXPECT_EQ(check("kptr_restrict").state, CheckState::kWarning);
  EXPECT_EQ(check("kptr_restrict").remedy, "sudo sysctl kernel.kptr_restrict=1");
  sysctl("kernel/kptr_restrict", "1");
  EXPECT_TRUE(mentions(check("kptr_restrict").remedy, "CAP_SYSLOG"));
  remove("proc/kallsyms");
  EXPECT_TRUE(mentions(check("kptr_restrict").remedy, "CONFIG_KALLSYMS"));
}

TEST_F(HostChecks, TracepointsMayBeBelowDebugfs) {
  remove("sys/kernel/tracing");
  EXPECT_EQ(check("tracefs").state, CheckState::kWarning);
  EXPECT_TRUE(mentions(check("tracefs").remedy, "mount -t tracefs"));
  put("sys/kernel/debug/tracing/events/sched/enable", "0\n");
  EXPECT_EQ(check("tracefs").state, CheckState::kOk);
}

TEST_F(HostChecks, VirtualMachinesHaveNoCounters) {
  remove("sys/bus/event_source/devices/cpu");
  EXPECT_EQ(check("pmu").state, CheckState::kInfo);
  EXPECT_TRUE(mentions(check("pmu").detail, "cpu-clock"));
  put("sys/bus/event_source/devices/cpu_core/type", "4\n");
  EXPECT_EQ(check("pmu").state, CheckState::kOk) << "hybrid CPUs have no PMU named cpu";
}

TEST_F(HostChecks, LockedMemoryMattersOnOldKernelsAlone) {
  EXPECT_EQ(check("memlock").state, CheckState::kOk);
  sysctl("kernel/osrelease", "5.10.0-46-cloud-amd64");
  EXPECT_EQ(check("memlock").state, CheckState::kOk) << "CAP_SYS_RESOURCE raises it";
  capabilities("000000c000000000");
  EXPECT_EQ(check("memlock").state, CheckState::kWarning);
  EXPECT_TRUE(mentions(check("memlock").detail, "8388608"));
  put("proc/self/limits", "Max locked memory         unlimited            unlimited   bytes\n");
  EXPECT_EQ(check("memlock").state, CheckState::kOk);
}

TEST_F(HostChecks, ShallowStacksAreWarnedOf) {
  sysctl("kernel/perf_event_max_stack", "127");
  EXPECT_EQ(check("perf_event_max_stack").state, CheckState::kInfo);
  sysctl("kernel/perf_event_max_stack", "64");
  EXPECT_EQ(check("perf_event_max_stack").state, CheckState::kWarning);
  EXPECT_TRUE(mentions(check("perf_event_max_stack").remedy, "sudo sysctl"));
}

TEST_F(HostChecks, AThrottledSamplingRateIsWarnedOf) {
  EXPECT_TRUE(mentions(check("sample_rate").detail, "25 %"));
  sysctl("kernel/perf_event_max_sample_rate", "250");
  EXPECT_EQ(check("sample_rate").state, CheckState::kWarning);
}

TEST_F(HostChecks, InterpretedProgramsAreSlow) {
  sysctl("net/core/bpf_jit_enable", "0");
  EXPECT_EQ(check("bpf_jit").state, CheckState::kWarning);
  sysctl("net/core/bpf_jit_enable", "2");
  EXPECT_EQ(check("bpf_jit").state, CheckState::kWarning);
  remove("proc/sys/net");
  EXPECT_EQ(check("bpf_jit").state, CheckState::kInfo);
}

TEST_F(HostChecks, UnprivilegedBpfIsWorthKnowing) {
  sysctl("kernel/unprivileged_bpf_disabled", "0");
  EXPECT_EQ(check("unprivileged_bpf").state, CheckState::kInfo);
}

TEST_F(HostChecks, TellsTheControlGroupsApart) {
  put("proc/self/mounts", "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n");
  EXPECT_EQ(check("cgroup2").state, CheckState::kInfo);
  put("proc/self/mounts", "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n");
  EXPECT_EQ(check("cgroup2").state, CheckState::kWarning);
}

TEST_F(HostChecks, HintsAtTheKernelsThatCouldLockUp) {
  for (const char* release : {"5.19.0", "6.1.176", "6.3.13"}) {
    sysctl("kernel/osrelease", release);
    EXPECT_EQ(check("usercopy_lockup").state, CheckState::kInfo) << release;
  }
  for (const char* release : {"5.10.262", "5.18.0", "6.4.0", "6.12.1"}) {
    sysctl("kernel/osrelease", release);
    EXPECT_EQ(check("usercopy_lockup").state, CheckState::kOk) << release;
  }
}

TEST(CheckStateName, IsStable) {
  EXPECT_STREQ(check_state_name(CheckState::kOk), "ok");
  EXPECT_STREQ(check_state_name(CheckState::kInfo), "info");
  EXPECT_STREQ(check_state_name(CheckState::kWarning), "warning");
  EXPECT_STREQ(check_state_name(CheckState::kProblem), "problem");
}

}  // namespace
}  // namespace perfscope::capture
