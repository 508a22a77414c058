#include "symbolizer/kernel_symbols.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace perfscope::symbolizer {
namespace {

constexpr std::string_view kKallsyms =
    "0000000000000000 A fixed_percpu_data\n"
    "ffffffff81000000 T _stext\n"
    "ffffffff81000000 T _text\n"
    "ffffffff81000000 t first_function\n"
    "ffffffff81000100 T do_syscall_64\n"
    "ffffffff81000100 t local_alias\n"
    "ffffffff81009000 W weak_function\n"
    "ffffffff82000000 D some_data\n"
    "ffffffffc0100000 t ext4_first\t[ext4]\n"
    "ffffffffc0100200 t ext4_second\t[ext4]\n"
    "ffffffffc0000000 t xfs_first\t[xfs]\n"
    "ffffffffc0200000 t bpf_prog_0123456789abcdef_probe\t[bpf]\n"
    "not a line\n"
    "ffffffffc0300000 t _RNvCs15kBYyAo9fc_7mycrate7example\t[rust_module]";

class KernelSymbolsTest : public testing::Test {
 protected:
  KernelSymbolsTest()
      : root_(std::filesystem::temp_directory_path() / ("kallsyms-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(root_);
  }
  ~KernelSymbolsTest() override { std::filesystem::remove_all(root_); }

  void write(std::string_view text) { std::ofstream(root_ / "kallsyms") << text; }
  KernelSymbols symbols() {
    return KernelSymbols(root_.string(), [this] { return now_ns_; });
  }

  std::filesystem::path root_;
  uint64_t now_ns_ = 5'000'000'000;
};

TEST_F(KernelSymbolsTest, NamesKernelModulesAndBpf) {
  write(kKallsyms);
  KernelSymbols kernel = symbols();
  auto at = [&](uint64_t address) {
    KernelSymbols::Location location = kernel.find(address);
    return std::string(location.module) + std::string(location.name);
  };
  EXPECT_EQ(at(0xffffffff81000010), "[kernel]first_function");
  EXPECT_EQ(at(0xffffffff81000100), "[kernel]do_syscall_64");
  EXPECT_EQ(at(0xffffffff81008fff), "[kernel]do_syscall_64");
  EXPECT_EQ(at(0xffffffff81009004), "[kernel]weak_function");
  EXPECT_EQ(at(0xffffffffc0000001), "[xfs]xfs_first");
  EXPECT_EQ(at(0xffffffffc0100201), "[ext4]ext4_second");
  EXPECT_EQ(at(0xffffffffc0200001), "[bpf]bpf_prog_0123456789abcdef_probe");
  EXPECT_EQ(kernel.find(0xffffffffc0100201).start, 0xffffffffc0100200);
}

TEST_F(KernelSymbolsTest, ModulesDoNotReachIntoEachOther) {
  write(kKallsyms);
  KernelSymbols kernel = symbols();
  EXPECT_EQ(kernel.find(0xffffffffc0000000 + 8191).outcome, Outcome::kNamed);
  EXPECT_EQ(kernel.find(0xffffffffc0000000 + 8192).outcome, Outcome::kNoSymbol);
  EXPECT_EQ(kernel.find(0xffffffff80ffffff).outcome, Outcome::kNoSymbol);
  EXPECT_EQ(kernel.find(0).outcome, Outcome::kNoSymbol);
}

TEST_F(KernelSymbolsTest, TellsBases) {
  write(kKallsyms);
  KernelSymbols kernel = symbols();
  EXPECT_EQ(kernel.text_base("[kernel]"), 0xffffffff81000000);
  EXPECT_EQ(kernel.text_base("[ext4]"), 0xffffffffc0100000);
  EXPECT_EQ(kernel.text_base("[bpf]"), 0U);
  EXPECT_EQ(kernel.text_base("[nfs]"), 0U);
}

TEST_F(KernelSymbolsTest, BasesStayWhenModulesMove) {
  write(kKallsyms);
  KernelSymbols kernel = symbols();
  EXPECT_EQ(kernel.text_base("[ext4]"), 0xffffffffc0100000);
  write("ffffffff81000000 T _text\nffffffffc0700000 t ext4_first\t[ext4]\n");
  now_ns_ += 2'000'000'000;
  EXPECT_EQ(kernel.find(0xffffffffc0700004).module, "[ext4]");
  EXPECT_EQ(kernel.text_base("[ext4]"), 0xffffffffc0100000);
}

TEST_F(KernelSymbolsTest, ReadsAgainForNewModulesButNotTooOften) {
  write("ffffffff81000000 T _text\n");
  KernelSymbols kernel = symbols();
  const uint64_t late = 0xffffffffc0200001;
  EXPECT_EQ(kernel.find(late).outcome, Outcome::kNoSymbol);
  EXPECT_EQ(kernel.loads(), 1U);
  write(kKallsyms);
  now_ns_ += 999'999'999;
  EXPECT_EQ(kernel.find(late).outcome, Outcome::kNoSymbol);
  now_ns_ += 1;
  EXPECT_EQ(kernel.find(late).module, "[bpf]");
  EXPECT_EQ(kernel.loads(), 2U);
}

TEST_F(KernelSymbolsTest, LosesPatienceWithUnknownAddresses) {
  write(kKallsyms);
  KernelSymbols kernel = symbols();
  for (int second = 0; second < 600; ++second, now_ns_ += 1'000'000'000) kernel.find(0x10);
  EXPECT_GT(kernel.loads(), 10U);
  EXPECT_LT(kernel.loads(), 20U);
}

TEST_F(KernelSymbolsTest, SaysWhyThereAreNoNames) {
  KernelSymbols missing = symbols();
  EXPECT_EQ(missing.find(0xffffffff81000000).outcome, Outcome::kUnreadable);
  write("0000000000000000 T _text\n0000000000000000 t f\t[ext4]\n");
  KernelSymbols hidden = symbols();
  EXPECT_EQ(hidden.find(0xffffffff81000000).outcome, Outcome::kRestricted);
  EXPECT_EQ(hidden.text_base("[kernel]"), 0U);
  write(
      "\x7f"
      "ELF\x02 garbage\n\n\n");
  KernelSymbols garbage = symbols();
  EXPECT_EQ(garbage.find(0xffffffff81000000).outcome, Outcome::kMalformed);
}

TEST_F(KernelSymbolsTest, AnswersThroughTheSymbolizer) {
  write(kKallsyms);
  Options options;
  options.proc_root = root_.string();
  Symbolizer symbolizer(options);
  ModuleSource source;
  source.kind = SourceKind::kKernel;
  auto symbols = symbolizer.symbolize(
      source, std::vector<uint64_t>{0xffffffffc0300001, 0x10, 0xffffffff81000104});
  ASSERT_EQ(symbols.size(), 3U);
  EXPECT_EQ(symbols[0].name, "mycrate::example");
  EXPECT_EQ(symbols[0].module, "[rust_module]");
  EXPECT_EQ(symbols[1].outcome, Outcome::kNoSymbol);
  EXPECT_EQ(symbols[2].name, "do_syscall_64");
  EXPECT_EQ(symbols[2].start_offset, 0xffffffff81000100);
  EXPECT_EQ(symbolizer.statistics().modules_loaded, 1U);
  EXPECT_EQ(symbolizer.kernel().text_base("[kernel]"), 0xffffffff81000000);
}

// The kernel this test runs on: the text between any two symbols belongs to the first.
TEST(LiveKallsyms, AgreesWithTheText) {
  std::ifstream file("/proc/kallsyms");
  uint64_t address = 0;
  char type = 0;
  std::string name;
  std::map<uint64_t, std::set<std::string>> functions;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    fields >> std::hex >> address >> type >> name;
    if (std::string_view("tTwW").find(type) != std::string_view::npos && address != 0)
      functions[address].insert(name);
  }
  if (functions.empty()) GTEST_SKIP() << "kallsyms hides addresses";
  KernelSymbols kernel;
  std::size_t i = 0;
  for (const auto& [start, names] : functions) {
    if (++i % 97 != 0) continue;
    KernelSymbols::Location location = kernel.find(start);
    ASSERT_EQ(location.start, start);
    EXPECT_TRUE(names.contains(std::string(location.name))) << location.name;
  }
}

}  // namespace
}  // namespace perfscope::symbolizer
