// RFC 4180 with one row per stack, safe to open in a spreadsheet.
#include <string_view>

#include "base/text.h"
#include "output/formats.h"

namespace perfscope::output {
namespace {

// A cell that begins like a formula would be run by spreadsheets: an apostrophe makes it text.
bool looks_like_formula(std::string_view cell) {
  return !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos;
}

std::string cell(const std::string& text) {
  std::string safe = printable(text);
  if (looks_like_formula(safe)) safe.insert(safe.begin(), '\'');
  if (safe.find_first_of("\",\r\n'") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (char byte : safe) {
    if (byte == '"') quoted += '"';
    quoted += byte;
  }
  return quoted + '"';
}

std::string joined(const model::View& view, const model::ViewStack& stack) {
  std::string out;
  for (uint32_t frame : stack.frames) {
    if (!out.empty()) out += ';';
    for (char byte : view.frames[frame].name) out += byte == ';' ? ':' : byte;
  }
  return out;
}

std::string process_of(const model::View& view, const model::ViewStack& stack) {
  if (stack.frames.empty()) return "";
  const model::ViewFrame& root = view.frames[stack.frames.front()];
  return root.kind == model::FrameKind::kProcess ? root.name : "";
}

std::string leaf_of(const model::View& view, const model::ViewStack& stack) {
  return stack.frames.empty() ? "" : view.frames[stack.frames.back()].name;
}

}  // namespace

Result<std::string> write_csv(const model::View& view, const WriteOptions& /*options*/) {
  std::string out =
      std::string("value_") + model::unit_name(view.unit) + ",count,process,leaf,stack\r\n";
  for (const model::ViewStack& stack : view.stacks)
    out += std::to_string(stack.value) + ',' + std::to_string(stack.count) + ',' +
           cell(process_of(view, stack)) + ',' + cell(leaf_of(view, stack)) + ',' +
           cell(joined(view, stack)) + "\r\n";
  return out;
}

}  // namespace perfscope::output
