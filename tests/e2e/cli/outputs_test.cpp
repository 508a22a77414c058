// Places that cannot be written to, and disks that fill up.
#include <filesystem>

#include <sys/mount.h>

#include "e2e/cli/refusal.h"
#include "live/truth.h"
#include "support/temp_folder.h"

namespace perfscope::test {
namespace {

namespace fs = std::filesystem;

// A disk of `kibibytes` for as long as it lives.
class SmallDisk {
 public:
  explicit SmallDisk(int kibibytes) {
    std::string size = "size=" + std::to_string(kibibytes) + "k,mode=0777";
    mounted_ = ::mount("perfscope-test", folder_.path().c_str(), "tmpfs", 0, size.c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  std::string path(const std::string& name) const { return folder_.path(name); }

 private:
  TempFolder folder_;
  bool mounted_;
};

TEST(Outputs, UnwritableFolder) {
  TempFolder folder;
  CommandOptions nobody{.as_nobody = true};
  std::string file = folder.path("x.perfscope");
  EXPECT_TRUE(refuses({"record", "-d", "1", "-o", file}, kCannotWrite, {file, "Permission denied"},
                      nobody));
  for (const char* extension : {"x.perfscope", "x.svg", "x.html", "x.pb.gz"})
    EXPECT_TRUE(refuses({"record", "-d", "1", "-o", "/no/such/folder/" + std::string(extension)},
                        kCannotWrite, {"/no/such/folder", "No such file"}));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

// Even root cannot write here; and a folder is no file.
TEST(Outputs, ReadOnlyDiskAndFolder) {
  EXPECT_TRUE(refuses({"record", "-q", "-d", "1", "-o", "/proc/x.perfscope"}, kCannotWrite,
                      {"/proc/x.perfscope"}));
  TempFolder folder;
  fs::create_directory(folder.path("x.perfscope"));
  folder.write("x.perfscope/kept", "kept");
  EXPECT_TRUE(refuses({"record", "-d", "1", "-o", folder.path("x.perfscope")}, kCannotWrite,
                      {"x.perfscope"}));
  EXPECT_EQ(read_all(folder.path("x.perfscope/kept")), "kept");
}

TEST(Outputs, FullDiskKeepsEveryFinishedSlice) {
  SmallDisk disk(2000);
  ASSERT_TRUE(disk.mounted());
  std::string file = disk.path("x.perfscope");
  // Ever new stacks, so that every slice needs room.
  Background busy({program("paths"), "100000000"}, {.limit = std::chrono::seconds(100)});
  EXPECT_TRUE(refuses({"record", "-q", "--slice", "50ms", "-o", file}, kCannotWrite,
                      {file, "disk is full", "kept", "free some space"}));
  EXPECT_FALSE(fs::exists(file + "-journal"));
  CommandResult text = run_perfscope({"report", file});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_NE(text.out.find("was interrupted"), std::string::npos);
  EXPECT_GE(number(file, "SELECT count(*) FROM slices"), 1);
}

TEST(Outputs, DiskThatIsFullAtOnceLeavesNothing) {
  for (int kibibytes : {16, 150}) {  // no room for the tables, or for the first slice
    SmallDisk disk(kibibytes);
    ASSERT_TRUE(disk.mounted());
    std::string file = disk.path("x.perfscope");
    EXPECT_TRUE(
        refuses({"record", "-q", "-d", "1", "-o", file}, kCannotWrite, {file, "disk is full"}));
    EXPECT_TRUE(fs::is_empty(disk.path("")));
  }
}

// The view does not fit, the recording is kept elsewhere; an older view stays as it was.
TEST(Outputs, ViewThatDoesNotFit) {
  SmallDisk disk(16);
  ASSERT_TRUE(disk.mounted());
  TempFolder folder;
  std::string file = folder.path("x.perfscope");
  ASSERT_EQ(run_perfscope({"record", "-q", "-d", "1", "-o", file}).exit_code, 0);
  CommandResult small =
      run_perfscope({"export", "-q", file, "--pid", "1", "-o", disk.path("x.svg")});
  std::string before = read_all(disk.path("x.svg"));
  EXPECT_TRUE(
      refuses({"export", file, "-o", disk.path("x.html")}, kCannotWrite, {"x.html", "No space"}));
  EXPECT_EQ(read_all(disk.path("x.svg")), before);
  EXPECT_FALSE(fs::exists(disk.path("x.html")));

  CommandResult result = run_perfscope({"record", "-q", "-d", "1", "-o", disk.path("y.html")});
  EXPECT_TRUE(
      is_one_error(result, kCannotWrite, {"y.html", "No space", "the recording is kept in "}));
  std::string rest = result.err.substr(result.err.find("kept in ") + 8);
  std::string kept = rest.substr(0, rest.find(')'));
  EXPECT_EQ(run_perfscope({"report", kept}).exit_code, 0) << kept;
  if (kept.starts_with(fs::temp_directory_path().string()))
    fs::remove_all(fs::path(kept).parent_path());
}

}  // namespace
}  // namespace perfscope::test
