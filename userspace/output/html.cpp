// The interactive flame graph: the page built from web/, with the views' data put into it.
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "output/formats.h"
#include "output/frame_tree.h"
#include "output/json_text.h"
#include "output/markup.h"
#include "output/page.h"
#include "output/palette.h"

namespace perfscope::output {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDataMark = "{{PERFSCOPE_DATA}}";
constexpr std::string_view kTitleMark = "{{PERFSCOPE_TITLE}}";

// Texts that many frames share (modules, files) are written once. Index 0 is "".
class StringTable {
 public:
  StringTable() { index_of(""); }

  std::size_t index_of(const std::string& text) {
    auto [entry, added] = index_.try_emplace(text, texts_.size());
    if (added) texts_.push_back(printable(text));
    return entry->second;
  }
  Json take() { return Json(std::move(texts_)); }

 private:
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> texts_;
};

// Columns rather than rows: keys are written once, and the browser reads plain arrays of numbers.
Json frame_columns(const model::View& view) {
  StringTable strings;
  std::vector<std::string> names;
  std::vector<std::size_t> modules;
  std::vector<std::size_t> files;
  std::vector<uint32_t> lines;
  std::vector<uint32_t> kinds;
  for (const model::ViewFrame& frame : view.frames) {
    names.push_back(printable(frame.name));
    modules.push_back(strings.index_of(frame.module));
    files.push_back(strings.index_of(frame.file));
    lines.push_back(frame.line);
    kinds.push_back(static_cast<uint32_t>(frame.kind));
  }
  return {{"strings", strings.take()}, {"name", std::move(names)}, {"module", std::move(modules)},
          {"file", std::move(files)},  {"line", std::move(lines)}, {"kind", std::move(kinds)}};
}

Json tree_columns(const model::View& view) {
  std::vector<TreeNode> tree = make_frame_tree(view);
  std::vector<uint32_t> frames;
  std::vector<uint32_t> depths;
  std::vector<uint64_t> selves;
  std::vector<uint64_t> counts;
  for (const TreeNode& node : tree) {
    frames.push_back(node.frame);
    depths.push_back(node.depth);
    selves.push_back(node.self);
    counts.push_back(node.count);
  }
  return {{"frame", std::move(frames)},
          {"depth", std::move(depths)},
          {"self", std::move(selves)},
          {"count", std::move(counts)}};
}

Json view_row(const model::View& view) {
  return {{"name", printable(view.name)},        {"title", printable(view.title)},
          {"unit", model::unit_name(view.unit)}, {"total", view.total},
          {"stacks", view.stacks.size()},        {"idleThreads", view.idle_threads},
          {"frames", frame_columns(view)},       {"tree", tree_columns(view)}};
}

Json kind_rows() {
  Json rows = Json::array();
  for (const KindColour& colour : palette())
    rows.push_back({{"name", model::frame_kind_name(colour.kind)},
                    {"label", colour.label},
                    {"light", colour.light},
                    {"dark", colour.dark}});
  return rows;
}

Json recording_row(const model::View& view) {
  return {{"host", printable(view.host)},
          {"recordedAt", printable(view.recorded_at)},
          {"durationNs", view.duration_ns},
          {"command", printable(view.command)}};
}

std::string page_title(const model::View& view) {
  return escape_markup(view.host.empty() ? "perfscope flame graph"
                                         : "perfscope flame graph · " + view.host);
}

// The marks are looked for in the page alone, never in the data put into it.
Result<std::string> fill_page(const std::string& title, const std::string& data) {
  std::string_view page = page_template();
  std::size_t title_at = page.find(kTitleMark);
  std::size_t data_at = page.rfind(kDataMark);
  if (title_at == std::string_view::npos || data_at == std::string_view::npos || data_at < title_at)
    return Error(ErrorCode::kFailed, "html: the built-in page lacks its marks; rebuild perfscope");
  std::string out(page.substr(0, title_at));
  out += title;
  std::size_t after_title = title_at + kTitleMark.size();
  out += page.substr(after_title, data_at - after_title);
  out += data;
  return out += page.substr(data_at + kDataMark.size());
}

}  // namespace

Result<std::string> write_html(std::span<const model::View> views) {
  if (views.empty()) return Error(ErrorCode::kUsage, "html: no view was given");
  Json rows = Json::array();
  for (const model::View& view : views) rows.push_back(view_row(view));
  Json data{{"recording", recording_row(views.front())},
            {"kinds", kind_rows()},
            {"views", std::move(rows)}};
  return fill_page(page_title(views.front()), escape_json_for_script(json_text(data)));
}

Result<std::string> write_html_view(const model::View& view, const WriteOptions& /*options*/) {
  return write_html(std::span(&view, 1));
}

}  // namespace perfscope::output
