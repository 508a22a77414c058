#include "output/writer.h"

#include <algorithm>
#include <cctype>

#include "output/formats.h"

namespace perfscope::output {
namespace {

bool ends_with_ignoring_case(std::string_view text, std::string_view lower_case_end) {
  if (text.size() < lower_case_end.size()) return false;
  std::string_view end = text.substr(text.size() - lower_case_end.size());
  return std::equal(end.begin(), end.end(), lower_case_end.begin(),
                    [](unsigned char a, char b) { return std::tolower(a) == b; });
}

Error no_such_format(std::string_view path) {
  std::string known;
  for (const OutputFormat& format : output_formats())
    known.append(known.empty() ? "" : " ").append(format.extension);
  return {ErrorCode::kUsage,
          "'" + std::string(path) + "' names no known output format; end it in one of: " + known};
}

}  // namespace

const std::vector<OutputFormat>& output_formats() {
  static const std::vector<OutputFormat> kFormats{
      {".html", "interactive flame graph, one file for any browser", false, write_html_view},
      {".svg", "flame graph as a still picture", false, write_svg},
      {".pb.gz", "pprof, for go tool pprof, Pyroscope, Parca and others", true, write_pprof},
      {".speedscope.json", "for speedscope.app", false, write_speedscope},
      {".folded", "one line per stack, for flamegraph.pl and other scripts", false, write_folded},
      {".json", "perfscope's own, for programs (docs/outputs.md)", false, write_json},
      {".csv", "one row per stack, for spreadsheets", false, write_csv},
  };
  return kFormats;
}

Result<const OutputFormat*> format_for(std::string_view path) {
  const OutputFormat* best = nullptr;
  for (const OutputFormat& format : output_formats()) {
    if (!ends_with_ignoring_case(path, format.extension)) continue;
    if (best == nullptr || format.extension.size() > best->extension.size()) best = &format;
  }
  if (best == nullptr) return no_such_format(path);
  return best;
}

}  // namespace perfscope::output
