// How long a recording takes to write, to read and to look at. Run by hand, on an idle machine:
//   store_bench [--benchmark_filter=…]
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "model/view.h"
#include "output/report.h"
#include "store/reader.h"
#include "store/writer.h"
#include "unit/model/sample_profiles.h"

namespace perfscope::store {
namespace {

constexpr uint32_t kStacks = 50'000;
constexpr uint32_t kSamples = 1'000'000;
constexpr uint32_t kSlices = 100;

const model::Profile& busy_host() {
  static const model::Profile kProfile = testing::big_profile(kStacks, kSamples, kSlices);
  return kProfile;
}

std::string scratch_file() {
  return std::filesystem::temp_directory_path() / "perfscope-bench.perfscope";
}

const std::string& written_file() {
  static const std::string kPath = [] {
    std::string path = scratch_file();
    Result<Writer> writer = Writer::create(path);
    if (!writer || !writer->append(busy_host()) || !writer->finish(busy_host())) std::abort();
    return path;
  }();
  return kPath;
}

void read(benchmark::State& state) {
  const std::string& path = written_file();
  while (state.KeepRunning()) {
    Result<model::Profile> profile = read_profile(path);
    if (!profile) return state.SkipWithError(profile.error().message().c_str());
    benchmark::DoNotOptimize(profile->samples.size());
  }
  state.counters["file MiB"] = static_cast<double>(std::filesystem::file_size(path)) / (1 << 20);
  state.counters["frames"] = static_cast<double>(busy_host().stacks.size());
}

void view(benchmark::State& state, const char* name) {
  const model::Profile& profile = busy_host();
  while (state.KeepRunning()) benchmark::DoNotOptimize(model::make_view(profile, name));
}

void report(benchmark::State& state) {
  const model::Profile& profile = busy_host();
  while (state.KeepRunning()) benchmark::DoNotOptimize(output::make_report(profile));
}

// One slice of 10,000 samples and 1,000 ledger entries; new code, or code that is known by now.
void append(benchmark::State& state, bool is_first) {
  model::Profile slice = testing::only_slice(busy_host(), 0);
  const std::string path = scratch_file() + ".append";
  uint64_t time = slice.slices[0].end_ns;
  Result<Writer> writer = Writer::create(path);
  if (!is_first && !writer->append(slice)) return state.SkipWithError("append");
  while (state.KeepRunning()) {
    state.PauseTiming();
    if (is_first) {
      writer = Writer::create(path + "." + std::to_string(state.iterations() % 2));
    } else {
      slice.slices.push_back({time, time + 1});
      time += 1;
    }
    state.ResumeTiming();
    if (!writer->append(slice)) return state.SkipWithError("append");
  }
  for (const char* suffix : {"", ".0", ".1"}) {
    std::error_code ignored;
    std::filesystem::remove(path + suffix, ignored);
    std::filesystem::remove(path + suffix + "-journal", ignored);
  }
}

BENCHMARK(read)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(view, cpu, "cpu")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(view, wall, "wall")->Unit(benchmark::kMillisecond);
BENCHMARK(report)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(append, first_slice, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(append, later_slice, false)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace perfscope::store

BENCHMARK_MAIN();
