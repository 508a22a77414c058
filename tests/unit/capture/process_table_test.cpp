// Processes of a fake /proc: who they are, and what their addresses mean.
#include "capture/process_table.h"

#include <gtest/gtest.h>

#include "unit/capture/fake_files.h"

namespace perfscope::capture {
namespace {

using model::ModuleKind;
using model::NameStatus;

constexpr uint64_t kSecond = 1'000'000'000;

class ProcessTableTest : public ::testing::Test {
 protected:
  static ps_process identity(uint32_t pid, uint32_t exec_id = 1) { return {77, pid, exec_id}; }
  const model::Process& row(const ps_process& process, const char* comm = "") {
    return builder_.profile().processes[table_.process(process, comm).index()];
  }
  const model::Location& locate(const ps_process& process, uint64_t address,
                                uint64_t now = kSecond) {
    return builder_.profile().locations[table_.locate(process, address, now).index()];
  }
  const model::Module& module(const model::Location& location) {
    return builder_.profile().modules[location.module.index()];
  }

  testing::FakeFiles proc_;
  model::Builder builder_;
  ProcessTable table_{builder_, proc_.path()};
};

TEST_F(ProcessTableTest, DescribesAProcess) {
  proc_.process(42, 7, "nginx");
  proc_.put("42/cmdline", std::string("nginx:\0worker\0\0", 15));
  proc_.put("42/cgroup", "0::/system.slice/nginx.service\n");
  const model::Process& nginx = row(identity(42), "nginx");
  EXPECT_EQ(nginx.name, "nginx");
  EXPECT_EQ(nginx.command, "nginx: worker");
  EXPECT_EQ(nginx.cgroup, "/system.slice/nginx.service");
  EXPECT_EQ(nginx.parent_pid, 7U);
}

TEST_F(ProcessTableTest, FindsTheV2CgroupAmongOthers) {
  const std::pair<const char*, const char*> kCases[] = {
      {"12:cpu,cpuacct:/a\n1:name=systemd:/b\n0::/user.slice/x\n", "/user.slice/x"},
      {"0::/\n", "/"},
      {"0::/a:b::c\n12:cpu:/d\n", "/a:b::c"},
      {"12:cpu:/a\n", ""},
      {"10::/no\n", ""},
      {"", ""},
  };
  uint32_t pid = 100;
  for (const auto& [text, path] : kCases) {
    proc_.process(++pid, 1, "p");
    proc_.put(std::to_string(pid) + "/cgroup", text);
    EXPECT_EQ(row(identity(pid), "p").cgroup, path) << text;
  }
}

TEST_F(ProcessTableTest, KeepsTheEventsNameWhenTheProcessIsAnotherByNow) {
  proc_.process(42, 7, "successor");
  const model::Process& gone = row(identity(42), "original");
  EXPECT_EQ(gone.name, "original");
  EXPECT_EQ(gone.command, "");
  EXPECT_EQ(row(identity(43), "ended").name, "ended");
}

TEST_F(ProcessTableTest, CutsNamesAtTheFieldsEnd) {
  const char comm[16] = {'1', '2', '3', '4', '5', '6', '7', '8',
                         '9', '0', 'a', 'b', 'c', 'd', 'e', 'f'};  // no terminator
  EXPECT_EQ(row(identity(42), comm).name, "1234567890abcdef");
}

TEST_F(ProcessTableTest, LocatesCodeByFileOffset) {
  proc_.process(42, 1, "p");
  proc_.put("42/maps",
            "401000-402000 r-xp 00001000 fd:01 12 /usr/bin/p\n"
            "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 \n"
            "7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0 [vdso]\n");
  const model::Location& in_file = locate(identity(42), 0x401234);
  EXPECT_EQ(in_file.offset, 0x1234U);
  EXPECT_EQ(module(in_file).kind, ModuleKind::kFile);
  EXPECT_EQ(module(in_file).path, "/usr/bin/p");
  const model::Location& vdso = locate(identity(42), 0x7ffd00000010);
  EXPECT_EQ(vdso.offset, 0x10U);
  EXPECT_EQ(module(vdso).kind, ModuleKind::kVdso);
  const model::Location& memory = locate(identity(42), 0x7f0000000010);
  EXPECT_EQ(memory.offset, 0x7f0000000010U);
  EXPECT_EQ(module(memory).kind, ModuleKind::kAnonymous);
  EXPECT_EQ(locate(identity(42), 0x10).status, NameStatus::kNoMapping);
}

TEST_F(ProcessTableTest, KnowsJitCodeByItsPerfMap) {
  proc_.process(42, 1, "node");
  proc_.put("42/maps", "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 \n");
  proc_.put("42/root/tmp/perf-3.map", "7f0000000000 10 f\n");  // named in its own namespace
  const model::Location& jit = locate(identity(42), 0x7f0000000010);
  EXPECT_EQ(module(jit).kind, ModuleKind::kJit);
  EXPECT_EQ(module(jit).path, "[jit 42]");
  const ModuleFile* file = table_.files().find(jit.module);
  ASSERT_NE(file, nullptr);
  EXPECT_TRUE(file->fd);
  EXPECT_EQ(file->path, "/tmp/perf-3.map");
}

TEST_F(ProcessTableTest, OpensAFileThroughTheProcessThatMapsIt) {
  for (uint32_t pid : {42U, 43U}) {
    proc_.process(pid, 1, "p");
    const std::string id = std::to_string(pid);
    proc_.put(id + "/maps",
              "401000-402000 r-xp 0 fd:01 12 /bin/p\n1000-2000 r-xp 0 fd:01 13 /lost\n");
    proc_.put(id + "/root/bin/p", "no ELF");
  }
  const model::Location first = locate(identity(42), 0x401000);
  EXPECT_TRUE(table_.files().find(first.module)->fd);
  EXPECT_FALSE(table_.files().find(locate(identity(42), 0x1000).module)->fd);
  EXPECT_EQ(table_.files().open_files(), 1U);
  EXPECT_EQ(locate(identity(43), 0x401000).module, first.module) << "the same inode";
  EXPECT_EQ(table_.files().open_files(), 1U);
}

TEST_F(ProcessTableTest, LooksAgainForNewCodeButNotTooOften) {
  proc_.process(42, 1, "p");
  proc_.put("42/maps", "1000-2000 r-xp 0 fd:01 12 /bin/p\n");
  EXPECT_EQ(locate(identity(42), 0x9000, kSecond).status, NameStatus::kNoMapping);
  proc_.put("42/maps", "1000-2000 r-xp 0 fd:01 12 /bin/p\n9000-a000 r-xp 0 fd:01 13 /lib/new\n");
  EXPECT_EQ(locate(identity(42), 0x9000, kSecond + 1).status, NameStatus::kNoMapping);
  EXPECT_EQ(module(locate(identity(42), 0x9000, 2 * kSecond)).path, "/lib/new");
}

TEST_F(ProcessTableTest, SaysWhenTheProcessIsGone) {
  EXPECT_EQ(locate(identity(42), 0x1000).status, NameStatus::kProcessGone);
  EXPECT_EQ(table_.missed(), 1U);
  EXPECT_EQ(locate(identity(42), 0x2000, 5 * kSecond).status, NameStatus::kProcessGone);
  EXPECT_EQ(table_.missed(), 1U) << "once per image";
  proc_.process(43, 1, "kernel-like");  // no mappings at all
  EXPECT_EQ(locate(identity(43), 0x1000).status, NameStatus::kProcessGone);
}

// An event of the image before an exec that arrives late must not be read against the new one.
TEST_F(ProcessTableTest, DoesNotMixImages) {
  proc_.process(42, 1, "new");
  proc_.put("42/maps", "1000-2000 r-xp 0 fd:01 12 /bin/new\n");
  EXPECT_EQ(module(locate(identity(42, 2), 0x1000)).path, "/bin/new");
  EXPECT_EQ(locate(identity(42, 1), 0x1000).status, NameStatus::kProcessGone);
}

TEST_F(ProcessTableTest, KeepsMeaningAfterTheEndUntilToldToForget) {
  proc_.process(42, 1, "p");
  proc_.put("42/maps", "1000-2000 r-xp 0 fd:01 12 /bin/p\n");
  locate(identity(42), 0x1000);
  proc_.remove("42");
  EXPECT_EQ(module(locate(identity(42), 0x1001, 3 * kSecond)).path, "/bin/p");
  table_.forget_ended();
  EXPECT_EQ(locate(identity(42), 0x1000, 4 * kSecond).status, NameStatus::kProcessGone);
}

}  // namespace
}  // namespace perfscope::capture
