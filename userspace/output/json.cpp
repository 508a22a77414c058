// perfscope's own JSON; docs/outputs.md describes every key.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "output/formats.h"
#include "output/json_text.h"

namespace perfscope::output {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

// Keys without a value are left out: they would double the file's size.
Json frame_row(const model::ViewFrame& frame) {
  Json row{{"name", printable(frame.name)}, {"kind", model::frame_kind_name(frame.kind)}};
  if (!frame.module.empty()) row["module"] = printable(frame.module);
  if (!frame.build_id.empty()) row["build_id"] = printable(frame.build_id);
  if (!frame.module.empty()) row["offset"] = frame.offset;
  if (!frame.file.empty()) row["file"] = printable(frame.file);
  if (frame.line != 0) row["line"] = frame.line;
  return row;
}

Json view_row(const model::View& view) {
  return {{"name", printable(view.name)},
          {"title", printable(view.title)},
          {"unit", model::unit_name(view.unit)},
          {"total", view.total}};
}

Json recording_row(const model::View& view) {
  return {{"host", printable(view.host)},
          {"recorded_at", printable(view.recorded_at)},
          {"duration_ns", view.duration_ns},
          {"command", printable(view.command)}};
}

}  // namespace

Result<std::string> write_json(const model::View& view, const WriteOptions& /*options*/) {
  Json frames = Json::array();
  for (const model::ViewFrame& frame : view.frames) frames.push_back(frame_row(frame));
  Json stacks = Json::array();
  for (const model::ViewStack& stack : view.stacks)
    stacks.push_back({{"value", stack.value}, {"count", stack.count}, {"frames", stack.frames}});
  return json_text(Json{{"schema", "perfscope.view"},
                        {"schema_version", kSchemaVersion},
                        {"view", view_row(view)},
                        {"recording", recording_row(view)},
                        {"frames", std::move(frames)},
                        {"stacks", std::move(stacks)}});
}

}  // namespace perfscope::output
