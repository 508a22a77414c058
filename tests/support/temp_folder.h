// A folder that is empty at first and gone at the end.
#pragma once

#include <string>

namespace perfscope::test {

class TempFolder {
 public:
  TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();

  // The path of `name` in it; of the folder itself without one.
  std::string path(const std::string& name = "") const;
  // Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& bytes) const;

 private:
  std::string path_;
};

std::string read_all(const std::string& path);

}  // namespace perfscope::test
