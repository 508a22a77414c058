// How long the symbolizer takes to load tables and to answer. Run by hand, on an idle machine:
//   symbolizer_bench [--benchmark_filter=…]
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/fd.h"
#include "symbolizer/demangle.h"
#include "symbolizer/elf_module.h"
#include "symbolizer/function_bounds.h"
#include "symbolizer/kallsyms.h"
#include "symbolizer/kernel_symbols.h"

namespace perfscope::symbolizer {
namespace {

constexpr const char* kNode = "/usr/bin/node";
constexpr const char* kLlvm = "/usr/lib/x86_64-linux-gnu/libLLVM-14.so.1";
constexpr const char* kLibc = "/lib/x86_64-linux-gnu/libc.so.6";

struct Binary {
  explicit Binary(const char* path) : file(open_readonly(path)) {}

  bool is_usable() const { return file.has_value(); }
  ByteSource bytes() const { return std::move(*ByteSource::from_fd(file->get())); }
  ElfImage image() const { return std::move(*ElfImage::parse(bytes())); }

  Result<Fd> file;
};

// Offsets all over the code.
std::vector<uint64_t> random_offsets(const ElfImage& image) {
  std::mt19937_64 random(1);
  std::vector<uint64_t> offsets;
  const Section* text = image.section(".text");
  for (int i = 0; text != nullptr && i < 4096; ++i)
    offsets.push_back(text->offset + random() % text->size);
  return offsets;
}

void load(benchmark::State& state, const char* path) {
  Binary binary(path);
  if (!binary.is_usable()) return state.SkipWithError("not installed");
  std::size_t symbols = 0;
  uint64_t memory_bytes = 0;
  while (state.KeepRunning()) {
    ElfModule module(binary.image(), {});
    symbols = module.symbols();
    memory_bytes = module.memory_bytes();
  }
  state.counters["symbols"] = static_cast<double>(symbols);
  state.counters["MiB"] = static_cast<double>(memory_bytes) / (1 << 20);
}

void look_up(benchmark::State& state, const char* path) {
  Binary binary(path);
  if (!binary.is_usable()) return state.SkipWithError("not installed");
  ElfImage image = binary.image();
  ElfModule module(image, {});
  auto offsets = random_offsets(image);
  std::size_t named = 0;
  std::size_t next = 0;
  while (state.KeepRunning()) {
    auto function = module.find(offsets[next++ % offsets.size()], nullptr);
    named += function ? 1 : 0;
    benchmark::DoNotOptimize(function);
  }
  state.counters["named"] =
      static_cast<double>(named) / static_cast<double>(std::max<std::size_t>(next, 1));
}

void look_up_with_bounds(benchmark::State& state, const char* path) {
  Binary binary(path);
  if (!binary.is_usable()) return state.SkipWithError("not installed");
  ElfImage image = binary.image();
  ElfModule module(image, {});
  ByteSource bytes = binary.bytes();
  auto offsets = random_offsets(image);
  std::size_t next = 0;
  while (state.KeepRunning())
    benchmark::DoNotOptimize(module.find(offsets[next++ % offsets.size()], &bytes));
}

void demangle_names(benchmark::State& state, const char* path) {
  Binary binary(path);
  if (!binary.is_usable()) return state.SkipWithError("not installed");
  ElfImage image = binary.image();
  ElfModule module(image, {});
  auto offsets = random_offsets(image);
  std::size_t next = 0;
  while (state.KeepRunning()) {
    auto function = module.find(offsets[next++ % offsets.size()], nullptr);
    if (function) benchmark::DoNotOptimize(demangle(function->name));
  }
}

void kallsyms_read_and_parse(benchmark::State& state) {
  std::size_t symbols = 0;
  while (state.KeepRunning()) {
    KernelSymbols kernel;
    kernel.find(0);
    symbols = kernel.size();
    state.counters["MiB"] = static_cast<double>(kernel.memory_bytes()) / (1 << 20);
  }
  state.counters["symbols"] = static_cast<double>(symbols);
}

void kallsyms_parse(benchmark::State& state) {
  Result<std::string> text = read_file("/proc/kallsyms");
  if (!text) return state.SkipWithError("unreadable");
  while (state.KeepRunning()) {
    KallsymsParser parser;
    for (std::size_t at = 0; at < text->size(); at += 65536)
      parser.feed(std::string_view(*text).substr(at, 65536));
    benchmark::DoNotOptimize(parser.finish());
  }
}

void kallsyms_look_up(benchmark::State& state) {
  KernelSymbols kernel;
  uint64_t base = kernel.text_base("[kernel]");
  std::mt19937_64 random(1);
  std::vector<uint64_t> addresses;
  addresses.reserve(4096);
  for (int i = 0; i < 4096; ++i) addresses.push_back(base + random() % 0x1200000);
  std::size_t next = 0;
  while (state.KeepRunning())
    benchmark::DoNotOptimize(kernel.find(addresses[next++ % addresses.size()]));
}

BENCHMARK_CAPTURE(load, node, kNode)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load, libLLVM, kLlvm)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load, libc, kLibc)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(look_up, node, kNode);
BENCHMARK_CAPTURE(look_up, libLLVM, kLlvm);
BENCHMARK_CAPTURE(look_up, libc, kLibc);
BENCHMARK_CAPTURE(look_up_with_bounds, libLLVM, kLlvm);
BENCHMARK_CAPTURE(demangle_names, node, kNode);
BENCHMARK(kallsyms_read_and_parse)->Unit(benchmark::kMillisecond);
BENCHMARK(kallsyms_parse)->Unit(benchmark::kMillisecond);
BENCHMARK(kallsyms_look_up);

}  // namespace
}  // namespace perfscope::symbolizer

BENCHMARK_MAIN();
