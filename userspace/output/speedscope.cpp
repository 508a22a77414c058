// speedscope's file format (https://www.speedscope.app/file-format-schema.json), one sampled
// profile.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "output/formats.h"
#include "output/json_text.h"

namespace perfscope::output {
namespace {

using Json = nlohmann::ordered_json;

Json frame_row(const model::ViewFrame& frame) {
  Json row{{"name", printable(frame.name)}};
  if (!frame.file.empty())
    row["file"] = printable(frame.file);
  else if (!frame.module.empty())
    row["file"] = printable(frame.module);
  if (frame.line != 0) row["line"] = frame.line;
  return row;
}

const char* speedscope_unit(model::Unit unit) {
  switch (unit) {
    case model::Unit::kNanoseconds: return "nanoseconds";
    case model::Unit::kBytes: return "bytes";
    default: return "none";
  }
}

Json profile_of(const model::View& view) {
  Json samples = Json::array();
  Json weights = Json::array();
  for (const model::ViewStack& stack : view.stacks) {
    samples.push_back(stack.frames);
    weights.push_back(stack.value);
  }
  return {{"type", "sampled"},
          {"name", printable(view.title)},
          {"unit", speedscope_unit(view.unit)},
          {"startValue", 0},
          {"endValue", view.total},
          {"samples", std::move(samples)},
          {"weights", std::move(weights)}};
}

}  // namespace

Result<std::string> write_speedscope(const model::View& view, const WriteOptions& /*options*/) {
  Json frames = Json::array();
  for (const model::ViewFrame& frame : view.frames) frames.push_back(frame_row(frame));
  std::string name = view.host.empty() ? view.title : view.title + " on " + view.host;
  return json_text(Json{{"$schema", "https://www.speedscope.app/file-format-schema.json"},
                        {"exporter", "perfscope"},
                        {"name", printable(name)},
                        {"activeProfileIndex", 0},
                        {"shared", {{"frames", std::move(frames)}}},
                        {"profiles", Json::array({profile_of(view)})}});
}

}  // namespace perfscope::output
