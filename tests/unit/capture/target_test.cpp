#include "capture/target.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/capture/fake_files.h"

namespace perfscope::capture {
namespace {

using Pids = std::vector<uint32_t>;

class TargetTest : public ::testing::Test {
 protected:
  std::string error(const TargetOptions& options) {
    Result<Target> target = resolve_target(options, proc_.path());
    EXPECT_FALSE(target);
    if (target) return "";
    EXPECT_EQ(target.error().code(), ErrorCode::kNoTarget);
    return target.error().message();
  }
  void mount_cgroups() {
    std::filesystem::create_directories(proc_.path("cg/system.slice/nginx.service"));
    proc_.put("self/mounts",
              "proc /proc proc rw 0 0\ncgroup2 " + proc_.path("cg") + " cgroup2 rw 0 0\n");
  }

  testing::FakeFiles proc_;
};

TEST_F(TargetTest, IsEverythingUnlessSaidOtherwise) {
  Result<Target> target = resolve_target({}, proc_.path());
  ASSERT_TRUE(target);
  EXPECT_EQ(target->filter.mode, PS_ALL);
  EXPECT_EQ(target->filter.user_stacks, 1);
  EXPECT_EQ(target->filter.kernel_stacks, 1);
}

TEST_F(TargetTest, TakesProcesses) {
  proc_.process(42, 1, "a");
  proc_.process(43, 1, "b");
  TargetOptions options;
  options.pids = {42, 43};
  options.kernel_stacks = false;
  Result<Target> target = resolve_target(options, proc_.path());
  ASSERT_TRUE(target);
  EXPECT_EQ(target->filter.mode, PS_PIDS);
  EXPECT_EQ(target->pids, Pids({42, 43}));
  EXPECT_EQ(target->filter.kernel_stacks, 0);
}

TEST_F(TargetTest, RefusesProcessesThatAreNone) {
  proc_.process(42, 1, "a");
  TargetOptions options;
  for (uint32_t pid : {0U, 41U, UINT32_MAX}) {
    options.pids = {42, pid};
    EXPECT_EQ(error(options),
              "-p " + std::to_string(pid) + ": no such process; list them with: ps -e");
  }
}

TEST_F(TargetTest, TellsThreadsFromProcesses) {
  proc_.process(42, 1, "a");
  proc_.put("50/status", "Name:\ta\nTgid:\t42\nPid:\t50\n");
  TargetOptions options;
  options.pids = {50};
  EXPECT_EQ(error(options),
            "-p 50: this is a thread of process 42; record the thread with -t 50 or the process "
            "with -p 42");
  options.pids = {};
  options.tid = 50;
  Result<Target> target = resolve_target(options, proc_.path());
  ASSERT_TRUE(target);
  EXPECT_EQ(target->filter.mode, PS_TID);
  EXPECT_EQ(target->filter.tid, 50U);
  options.tid = 51;
  EXPECT_EQ(error(options), "-t 51: no such thread; list them with: ps -eL");
}

TEST_F(TargetTest, TakesCgroupsByEitherPath) {
  mount_cgroups();
  TargetOptions options;
  struct stat status {};
  ASSERT_EQ(::stat(proc_.path("cg/system.slice/nginx.service").c_str(), &status), 0);
  for (const std::string& path :
       {std::string("system.slice/nginx.service"), std::string("/system.slice/nginx.service/"),
        proc_.path("cg/system.slice/nginx.service"),
        std::string("system.slice/./x/../nginx.service")}) {
    options.cgroup = path;
    Result<Target> target = resolve_target(options, proc_.path());
    ASSERT_TRUE(target) << target.error().message();
    EXPECT_EQ(target->filter.mode, PS_CGROUP);
    EXPECT_EQ(target->filter.cgroup_level, 2U) << path;
    EXPECT_EQ(target->filter.cgroup_id, status.st_ino);
  }
  options.cgroup = "/";
  EXPECT_EQ(resolve_target(options, proc_.path())->filter.cgroup_level, 0U);
}

TEST_F(TargetTest, RefusesWhatIsNoCgroup) {
  mount_cgroups();
  proc_.put("cg/file", "");
  std::filesystem::create_directories(proc_.path("cgroups"));
  TargetOptions options;
  for (const std::string& path :
       {std::string("none"), std::string("file"), std::string("../cgroups"), proc_.path("cgroups"),
        std::string("../../../../../../etc")}) {
    options.cgroup = path;
    EXPECT_NE(error(options).find("no such cgroup"), std::string::npos) << path;
  }
  proc_.remove("self/mounts");
  EXPECT_NE(error(options).find("no cgroup v2 hierarchy is mounted"), std::string::npos);
}

TEST_F(TargetTest, FollowsDescendants) {
  proc_.process(1, 0, "init");
  proc_.process(10, 1, "parent");
  proc_.process(11, 10, "child) R 1 (");  // a name that imitates the next fields
  proc_.process(12, 11, "grandchild");
  proc_.process(20, 1, "other");
  proc_.put("not-a-pid/stat", "5 (x) S 10 0\n");
  proc_.put("30/stat", "cut off");
  Pids found = with_descendants({10}, proc_.path());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, Pids({10, 11, 12}));
  EXPECT_EQ(with_descendants({99}, proc_.path()), Pids({99}));
  EXPECT_EQ(with_descendants({}, proc_.path()), Pids());
  EXPECT_EQ(with_descendants({7}, proc_.path("none")), Pids({7}));
}

TEST_F(TargetTest, LeavesItselfOutAndSurvivesCircles) {
  auto self = static_cast<uint32_t>(::getpid());
  proc_.process(10, 11, "a");
  proc_.process(11, 10, "b");
  proc_.process(self, 10, "perfscope");
  Pids found = with_descendants({10}, proc_.path());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, Pids({10, 11}));
}

}  // namespace
}  // namespace perfscope::capture
