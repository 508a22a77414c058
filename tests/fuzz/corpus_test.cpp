// Replays what the fuzzers found worth keeping, so that the ordinary build holds it too.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "fuzz/targets.h"
#include "store/reader.h"

namespace perfscope::fuzz {
namespace {

using Target = void (*)(std::string_view);

void replay(const std::string& name, Target target) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CORPUS_DIR + ("/" + name))) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    target(bytes);
    ++files;
  }
  EXPECT_GT(files, 0U);
}

TEST(Corpus, Demangle) { replay("demangle", demangle_name); }
TEST(Corpus, Elf) { replay("elf", symbolize_elf); }
TEST(Corpus, Unwind) {
  replay("elf", unwind_elf);
  replay("unwind", unwind_elf);
}
TEST(Corpus, PerfMap) { replay("perf_map", symbolize_perf_map); }
TEST(Corpus, Kallsyms) { replay("kallsyms", symbolize_kallsyms); }
TEST(Corpus, Recording) {
  replay("recording", read_recording);
  // A new version of the file needs new seeds: these would be refused at the door.
  EXPECT_TRUE(store::read_profile(CORPUS_DIR "/recording/small"));
}

}  // namespace
}  // namespace perfscope::fuzz
