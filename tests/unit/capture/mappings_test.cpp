#include "capture/mappings.h"

#include <gtest/gtest.h>

namespace perfscope::capture {
namespace {

TEST(Maps, AreReadAsTheKernelWritesThem) {
  std::vector<Mapping> maps = parse_maps(
      "55d000000000-55d000001000 r--p 00000000 fd:01 1234                       /usr/bin/x\n"
      "55d000001000-55d000003000 r-xp 00001000 fd:01 1234                       /usr/bin/x\n"
      "7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
      "7f0000002000-7f0000003000 r-xs 00000000 103:0a 99        /tmp/with blank (deleted)\n"
      "7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]\n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]");
  ASSERT_EQ(maps.size(), 5U);
  EXPECT_EQ(maps[0].begin, 0x55d000001000U);
  EXPECT_EQ(maps[0].end, 0x55d000003000U);
  EXPECT_EQ(maps[0].file_offset, 0x1000U);
  EXPECT_EQ(maps[0].device, uint64_t{0xfd} << 32 | 1);
  EXPECT_EQ(maps[0].inode, 1234U);
  EXPECT_EQ(maps[0].path, "/usr/bin/x");
  EXPECT_EQ(maps[1].path, "");
  EXPECT_EQ(maps[1].device, 0U);
  EXPECT_EQ(maps[2].path, "/tmp/with blank");
  EXPECT_EQ(maps[2].device, uint64_t{0x103} << 32 | 0x0a);
  EXPECT_EQ(maps[3].path, "[vdso]");
  EXPECT_EQ(maps[4].end, 0xffffffffff601000U);
}

TEST(Maps, LeaveOutLinesThatDoNotParse) {
  for (const char* line : {"",
                           "\n\n\n",
                           " ",
                           "-",
                           "nonsense",
                           "1000-2000",
                           "1000-2000 ",
                           "1000-2000 r-x",
                           "1000-2000 r-xp",
                           "1000-2000 r-xp 0",
                           "1000-2000 r-xp 0 0:0",
                           "1000-2000 r-xp 0 00 1 /a",
                           "1000-2000 rw-p 0 0:0 1 /a",
                           "2000-1000 r-xp 0 0:0 1 /a",
                           "1000-1000 r-xp 0 0:0 1 /a",
                           "-2000 r-xp 0 0:0 1 /a",
                           "1000- r-xp 0 0:0 1 /a",
                           "x000-2000 r-xp 0 0:0 1 /a",
                           "1000-2000 r-xp 0 0:0 x /a",
                           "1000-2000 r-xp -1 0:0 1 /a",
                           "10000000000000000-20000000000000000 r-xp 0 0:0 1 /a",
                           "1000-2000 r-xp 0 0:0 99999999999999999999999 /a"})
    EXPECT_TRUE(parse_maps(line).empty()) << line;
  EXPECT_EQ(parse_maps("nonsense\n1000-2000 r-xp 0 0:0 1 /a\n\x01\xff\n").size(), 1U);
  EXPECT_EQ(parse_maps("1000-2000 r-xp 0 0:0 1").size(), 1U) << "a line without a path";
  EXPECT_EQ(parse_maps(std::string(1 << 20, ' ')).size(), 0U);
}

TEST(Maps, AreSorted) {
  std::vector<Mapping> maps = parse_maps("3000-4000 r-xp 0 0:0 0 /c\n1000-2000 r-xp 0 0:0 0 /a\n");
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_EQ(maps[0].path, "/a");
}

TEST(Maps, AreFoundByAddress) {
  EXPECT_EQ(find_mapping({}, 0), nullptr);
  std::vector<Mapping> maps = parse_maps(
      "1000-2000 r-xp 0 0:0 0 /a\n2000-3000 r-xp 0 0:0 0 /b\n5000-6000 r-xp 0 0:0 0 /c\n");
  auto at = [&](uint64_t address) {
    const Mapping* found = find_mapping(maps, address);
    return found == nullptr ? std::string() : found->path;
  };
  EXPECT_EQ(at(0), "");
  EXPECT_EQ(at(0xfff), "");
  EXPECT_EQ(at(0x1000), "/a");
  EXPECT_EQ(at(0x1fff), "/a");
  EXPECT_EQ(at(0x2000), "/b");
  EXPECT_EQ(at(0x3000), "");
  EXPECT_EQ(at(0x4fff), "");
  EXPECT_EQ(at(0x5fff), "/c");
  EXPECT_EQ(at(0x6000), "");
  EXPECT_EQ(at(UINT64_MAX), "");
}

}  // namespace
}  // namespace perfscope::capture
