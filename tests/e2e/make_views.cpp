// make_views FOLDER: writes synthetic views with the real writers, for the browser tests to open.
#include <cstdio>
#include <string>

#include "output/writer.h"
#include "unit/output/sample_views.h"

namespace {

using namespace perfscope;

constexpr uint32_t kBigStacks = 50'000;

bool failed(const Error& error) {
  std::fprintf(stderr, "make_views: %s\n", error.message().c_str());
  return false;
}

bool write_all_formats(const std::string& stem, const model::View& view) {
  for (const output::OutputFormat& format : output::output_formats()) {
    Result<std::string> bytes = format.write(view, {});
    if (!bytes) return failed(bytes.error());
    Status status = output::write_file(stem + std::string(format.extension), *bytes);
    if (!status) return failed(status.error());
  }
  return true;
}

bool write_tabs(const std::string& path) {
  model::View views[] = {testing::small_view(), testing::offcpu_view()};
  Result<std::string> bytes = output::write_html(views);
  if (!bytes) return failed(bytes.error());
  Status status = output::write_file(path, *bytes);
  return status ? true : failed(status.error());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_views FOLDER\n");
    return 2;
  }
  std::string folder = std::string(argv[1]) + "/";
  bool good = write_all_formats(folder + "small", testing::small_view()) &&
              write_all_formats(folder + "hostile", testing::hostile_view()) &&
              write_all_formats(folder + "empty", testing::empty_view()) &&
              write_all_formats(folder + "deep", testing::deep_view(1000)) &&
              write_all_formats(folder + "big", testing::big_view(kBigStacks)) &&
              write_tabs(folder + "tabs.html");
  return good ? 0 : 1;
}
