#include <gtest/gtest.h>

#include "capture/online_cpus.h"
#include "unit/capture/fake_files.h"

namespace perfscope::capture {
namespace {

using Cpus = std::vector<int>;

TEST(CpuList, IsReadAsTheKernelWritesIt) {
  EXPECT_EQ(parse_cpu_list("0"), Cpus({0}));
  EXPECT_EQ(parse_cpu_list("0-3,8"), Cpus({0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list("2,4-4,7-8"), Cpus({2, 4, 7, 8}));
}

TEST(CpuList, StopsAtNonsense) {
  EXPECT_EQ(parse_cpu_list(""), Cpus());
  EXPECT_EQ(parse_cpu_list("x"), Cpus());
  EXPECT_EQ(parse_cpu_list("-1"), Cpus());
  EXPECT_EQ(parse_cpu_list("1,x,3"), Cpus({1}));
  EXPECT_EQ(parse_cpu_list("1,"), Cpus({1}));
  EXPECT_EQ(parse_cpu_list("1;2"), Cpus({1}));
  EXPECT_EQ(parse_cpu_list("1,2-"), Cpus({1}));
  EXPECT_EQ(parse_cpu_list("3-1"), Cpus());
  EXPECT_EQ(parse_cpu_list("99999999999999"), Cpus());
  EXPECT_LE(parse_cpu_list("0-2147483647").size(), 65536U);
}

TEST(OnlineCpus, ComeFromSysfs) {
  testing::FakeFiles sys;
  EXPECT_EQ(online_cpus(sys.path()), Cpus({0})) << "when it does not tell";
  sys.put("devices/system/cpu/online", "0-1,3\n");
  EXPECT_EQ(online_cpus(sys.path()), Cpus({0, 1, 3}));
  sys.put("devices/system/cpu/online", "\n");
  EXPECT_EQ(online_cpus(sys.path()), Cpus({0}));
  EXPECT_FALSE(online_cpus().empty());
}

}  // namespace
}  // namespace perfscope::capture
