// A folder of the test's own that stands in for /proc or /sys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace perfscope::testing {

class FakeFiles {
 public:
  FakeFiles();
  ~FakeFiles();
  FakeFiles(const FakeFiles&) = delete;
  FakeFiles& operator=(const FakeFiles&) = delete;

  void put(const std::string& name, const std::string& text) const;
  void remove(const std::string& name) const;
  std::string path(const std::string& name = "") const { return (root_ / name).string(); }

  // A process as /proc shows it.
  void process(uint32_t pid, uint32_t parent, const std::string& comm) const;

 private:
  std::filesystem::path root_;
};

}  // namespace perfscope::testing
