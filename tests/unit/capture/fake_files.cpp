#include "unit/capture/fake_files.h"

#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace perfscope::testing {

FakeFiles::FakeFiles() {
  std::string pattern = (std::filesystem::temp_directory_path() / "perfscope-fake-XXXXXX").string();
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  root_ = pattern;
}

FakeFiles::~FakeFiles() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

void FakeFiles::put(const std::string& name, const std::string& text) const {
  std::filesystem::create_directories((root_ / name).parent_path());
  std::ofstream(root_ / name, std::ios::binary) << text;
}

void FakeFiles::remove(const std::string& name) const { std::filesystem::remove_all(root_ / name); }

void FakeFiles::process(uint32_t pid, uint32_t parent, const std::string& comm) const {
  const std::string id = std::to_string(pid);
  put(id + "/comm", comm + "\n");
  put(id + "/stat", id + " (" + comm + ") S " + std::to_string(parent) + " 1 1 0 -1\n");
  put(id + "/status", "Name:\t" + comm + "\nTgid:\t" + id + "\nPid:\t" + id + "\nPPid:\t" +
                          std::to_string(parent) + "\nNSpid:\t" + id + "\t3\n");
  put(id + "/cgroup", "0::/\n");
  put(id + "/cmdline", "");
  put(id + "/maps", "");
}

}  // namespace perfscope::testing
