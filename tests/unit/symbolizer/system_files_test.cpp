// The libraries and programs of this machine, against readelf.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "symbolizer/elf_image.h"
#include "unit/symbolizer/support.h"

namespace perfscope::symbolizer::test {
namespace {

struct Function {
  uint64_t size = 0;
  std::set<std::string> names;
};

// `option`: --symbols or --dyn-syms.
std::map<uint64_t, Function> functions_by_readelf(const std::string& option,
                                                  const std::string& path) {
  std::map<uint64_t, Function> functions;
  const std::string command = "readelf -W " + option + " " + path + " 2>/dev/null";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::array<char, 4096> line{};
  while (pipe && std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    std::istringstream fields(line.data());
    std::string number, address, size, type, binding, visibility, section, name;
    fields >> number >> address >> size >> type >> binding >> visibility >> section >> name;
    if ((type != "FUNC" && type != "IFUNC") || section == "UND" || name.empty()) continue;
    Function& function = functions[std::stoull(address, nullptr, 16)];
    function.size = std::max<uint64_t>(function.size, std::stoull(size, nullptr, 0));
    function.names.insert(name.substr(0, name.find('@')));
  }
  return functions;
}

// Asks for an address in the middle of every fifth function that no other one overlaps.
void compare_with_readelf(const std::string& option, const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0) GTEST_SKIP() << path << " is not installed";
  auto functions = functions_by_readelf(option, path);
  if (functions.size() < 100) GTEST_SKIP() << "readelf found nothing in " << path;
  Result<Fd> file = open_readonly(path);
  Result<ElfImage> image = ElfImage::parse(std::move(*ByteSource::from_fd(file->get())));
  ASSERT_TRUE(image);
  AddressMap map(image->segments());

  std::vector<uint64_t> offsets;
  std::vector<std::pair<uint64_t, const Function*>> expected;
  uint64_t end = 0;
  std::size_t seen = 0;
  for (auto at = functions.begin(); at != functions.end(); ++at) {
    auto next = std::next(at);
    const auto& [start, function] = *at;
    bool alone = start >= end && (next == functions.end() || next->first >= start + function.size);
    end = std::max(end, start + function.size);
    auto offset = map.offset_of(start);
    if (!alone || !offset || ++seen % 5 != 0) continue;
    offsets.push_back(*offset + function.size / 2);
    expected.emplace_back(*offset, &function);
  }
  ASSERT_GT(offsets.size(), 10U);

  ModuleSource source;
  source.fd = file->get();
  Symbolizer symbolizer(no_host_debug_files());
  auto symbols = symbolizer.symbolize(source, offsets);
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    EXPECT_EQ(symbols[i].outcome, Outcome::kNamed);
    EXPECT_EQ(symbols[i].start_offset, expected[i].first);
    bool is_mangled = expected[i].second->names.begin()->starts_with("_Z");
    EXPECT_TRUE(is_mangled || expected[i].second->names.contains(symbols[i].name))
        << symbols[i].name;
  }
  std::printf("%s: %zu of %zu functions compared\n", path.c_str(), offsets.size(),
              functions.size());
}

TEST(SystemFiles, Libc) { compare_with_readelf("--dyn-syms", "/lib/x86_64-linux-gnu/libc.so.6"); }
TEST(SystemFiles, Node) { compare_with_readelf("--symbols", "/usr/bin/node"); }
TEST(SystemFiles, LibStdCxx) {
  compare_with_readelf("--dyn-syms", "/lib/x86_64-linux-gnu/libstdc++.so.6");
}
TEST(SystemFiles, OwnProgram) {
  compare_with_readelf("--symbols", std::filesystem::read_symlink("/proc/self/exe").string());
}

}  // namespace
}  // namespace perfscope::symbolizer::test
