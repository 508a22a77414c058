// Compares the text outputs of two small views with the committed files, byte by byte.
// PERFSCOPE_UPDATE_GOLDEN=1 rewrites the files; read the difference before you commit it.
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "base/fd.h"
#include "output/writer.h"
#include "unit/output/sample_views.h"

namespace perfscope::output {
namespace {

struct Case {
  const char* name;
  model::View (*view)();
  const char* extension;
};

// Not .html, whose page follows the npm packages; not .pb.gz, whose bytes follow zlib.
const Case kCases[] = {
    {"small", testing::small_view, ".folded"},
    {"small", testing::small_view, ".json"},
    {"small", testing::small_view, ".svg"},
    {"small", testing::small_view, ".csv"},
    {"small", testing::small_view, ".speedscope.json"},
    {"hostile", testing::hostile_view, ".folded"},
    {"hostile", testing::hostile_view, ".json"},
    {"hostile", testing::hostile_view, ".svg"},
    {"hostile", testing::hostile_view, ".csv"},
    {"hostile", testing::hostile_view, ".speedscope.json"},
};

class Golden : public ::testing::TestWithParam<Case> {};

TEST_P(Golden, IsUnchanged) {
  const char* folder = std::getenv("PERFSCOPE_GOLDEN_DIR");
  ASSERT_NE(folder, nullptr) << "run it with ctest, or set PERFSCOPE_GOLDEN_DIR";
  const Case& golden = GetParam();
  std::string path = std::string(folder) + "/" + golden.name + golden.extension;
  std::string now = *(*format_for(path))->write(golden.view(), {});
  if (std::getenv("PERFSCOPE_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(write_file(path, now));
    return;
  }
  Result<std::string> expected = read_file(path);
  ASSERT_TRUE(expected) << expected.error().message();
  EXPECT_EQ(now, *expected) << "PERFSCOPE_UPDATE_GOLDEN=1 rewrites " << path;
}

INSTANTIATE_TEST_SUITE_P(Output, Golden, ::testing::ValuesIn(kCases));

}  // namespace
}  // namespace perfscope::output
