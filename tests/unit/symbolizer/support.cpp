#include "unit/symbolizer/support.h"

#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace perfscope::symbolizer::test {

std::string fixture(const std::string& name) { return std::string(FIXTURE_DIR) + "/" + name; }

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Fd file_with(std::string_view contents) {
  Fd file(::memfd_create("fixture", MFD_CLOEXEC));
  EXPECT_TRUE(file);
  EXPECT_EQ(::write(file.get(), contents.data(), contents.size()),
            static_cast<ssize_t>(contents.size()));
  return file;
}

std::map<std::string, uint64_t> nm_of(const std::string& name) {
  std::map<std::string, uint64_t> symbols;
  std::ifstream file(fixture(name + ".nm"));
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with(' ')) continue;  // undefined
    std::istringstream fields(line);
    uint64_t address = 0;
    std::string type;
    std::string symbol;
    fields >> std::hex >> address >> type >> symbol;
    symbols[symbol] = address;
  }
  return symbols;
}

Options no_host_debug_files() {
  Options options;
  options.debug_roots.clear();
  return options;
}

Symbol symbol_at(const std::string& path, uint64_t offset, ModuleSource source, Options options) {
  Result<Fd> file = open_readonly(path);
  EXPECT_TRUE(file) << path;
  if (!file) return {};
  source.fd = file->get();
  if (source.name.empty()) source.name = path.substr(path.rfind('/') + 1);
  return Symbolizer(std::move(options)).symbolize(source, std::vector<uint64_t>{offset}).at(0);
}

}  // namespace perfscope::symbolizer::test
