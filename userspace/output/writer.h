// Output formats: turn a view into the bytes of a file.
//
// A writer takes a model::View and nothing else, and returns bytes; it neither opens files nor
// knows where the samples came from. docs/ADDING_AN_OUTPUT.md is the recipe for one more.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/view.h"

namespace perfscope::output {

// Choices that only some writers heed.
struct WriteOptions {
  double svg_width_px = 1200;
  double svg_min_frame_px = 0.4;  // narrower frames are left out, and their share is stated
};

struct OutputFormat {
  std::string_view extension;  // with its dot: ".pb.gz"
  std::string_view description;
  bool binary;  // not fit for a terminal
  Result<std::string> (*write)(const model::View& view, const WriteOptions& options);
};

// Every format there is, in the order in which they are listed to people.
const std::vector<OutputFormat>& output_formats();

// The format whose extension ends `path`; the longest wins, so that "a.speedscope.json" is not
// taken for ".json". Upper and lower case are equal. Error kUsage lists the extensions there are.
Result<const OutputFormat*> format_for(std::string_view path);

// One page with a tab for each view. The views are of one recording; at least one is needed.
Result<std::string> write_html(std::span<const model::View> views);

// Writes all of `bytes` or nothing: a temporary file in the same folder is renamed over `path` once
// its last byte is on disk. "-" is standard output; what exists and is not a regular file
// (/dev/null, a pipe) is written to directly. Error kCannotWrite names path, reason and remedy.
Status write_file(const std::string& path, std::string_view bytes);

}  // namespace perfscope::output
