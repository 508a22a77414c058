// A still flame graph: no script, tooltips by <title>, light or dark as the reader's system is.
#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "output/formats.h"
#include "output/frame_tree.h"
#include "output/markup.h"
#include "output/palette.h"
#include "output/value_text.h"

namespace perfscope::output {
namespace {

constexpr double kMargin = 16;
constexpr double kHeader = 72;  // title and recording
constexpr double kFooter = 44;  // legend, and what was left out
constexpr double kRow = 18;
constexpr double kCharacter = 6.7;  // mean width at 11 px
constexpr double kTextInset = 4;

std::string px(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

class SvgWriter {
 public:
  SvgWriter(const model::View& view, const WriteOptions& options)
      : view_(view), options_(options), tree_(make_frame_tree(view)) {
    double drawable = std::max(options.svg_width_px - 2 * kMargin, 100.0);
    scale_ = view.total == 0 ? 0 : drawable / static_cast<double>(view.total);
  }

  std::string write() {
    std::string frames = draw_frames();
    double height = kHeader + kRow * (deepest_ + 2) + kFooter;
    return opening(height) + style() + header() + place_frames(frames) + footer(height) +
           "</svg>\n";
  }

 private:
  // Frames are drawn upwards from y = 0 and moved into place when the height is known.
  std::string draw_frames() {
    std::string out = frame(0, 0, view_.total, "all", "", model::FrameKind::kProcess, 0);
    std::vector<uint64_t> next_left{0};  // where the next child of each depth begins
    uint32_t skip_below = UINT32_MAX;    // depth of the culled node whose subtree is being skipped
    for (const TreeNode& node : tree_) {
      if (node.depth > skip_below) continue;
      skip_below = UINT32_MAX;
      next_left.resize(node.depth + 1);
      uint64_t left = next_left[node.depth];
      next_left[node.depth] += node.total;
      next_left.push_back(left);
      if (static_cast<double>(node.total) * scale_ < options_.svg_min_frame_px) {
        cull(node);
        skip_below = node.depth;
        continue;
      }
      const model::ViewFrame& shown = view_.frames[node.frame];
      deepest_ = std::max(deepest_, node.depth + 1);
      out +=
          frame(left, node.depth + 1, node.total, shown.name, shown.module, shown.kind, node.self);
    }
    return out;
  }

  void cull(const TreeNode& node) {
    culled_ += node.total;
    ++culled_frames_;
  }

  std::string frame(uint64_t left, uint32_t row, uint64_t total, const std::string& name,
                    const std::string& module, model::FrameKind kind, uint64_t self) const {
    double x = kMargin + static_cast<double>(left) * scale_;
    double width = static_cast<double>(total) * scale_;
    double y = -kRow * (row + 1);
    std::string out = "<g class=\"" + std::string(model::frame_kind_name(kind)) + "\"><title>" +
                      tooltip(name, module, total, self) + "</title><rect x=\"" + px(x) +
                      "\" y=\"" + px(y) + "\" width=\"" + px(std::max(width - 0.5, 0.2)) +
                      "\" height=\"" + px(kRow - 1) + "\" rx=\"1.5\"/>";
    return out + label(name, x, y, width) + "</g>\n";
  }

  std::string tooltip(const std::string& name, const std::string& module, uint64_t total,
                      uint64_t self) const {
    std::string text = name;
    if (!module.empty()) text += " (" + module + ")";
    std::string numbers = value_text(view_, total) + ", " + share_text(total, view_.total);
    if (self != 0) numbers += ", self " + value_text(view_, self);
    return escape_markup(text) + "\n" + escape_markup(numbers);
  }

  static std::string label(const std::string& name, double x, double y, double width) {
    auto room = static_cast<std::size_t>(std::max(0.0, (width - 2 * kTextInset) / kCharacter));
    if (room < 3) return "";
    std::string safe = printable(name);
    std::string shown = columns(safe) <= room ? safe : fit(safe, room);
    return "<text x=\"" + px(x + kTextInset) + "\" y=\"" + px(y + kRow - 5.5) + "\">" +
           escape_markup(shown) + "</text>";
  }

  std::string opening(double height) const {
    std::string width = px(options_.svg_width_px);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" +
           width + "\" height=\"" + px(height) + "\" viewBox=\"0 0 " + width + " " + px(height) +
           "\" role=\"img\" aria-label=\"" + escape_markup(view_.title) + " flame graph\">\n";
  }

  static std::string style() {
    std::string light;
    std::string dark;
    for (const KindColour& colour : palette()) {
      std::string selector = "." + std::string(model::frame_kind_name(colour.kind)) + " rect{fill:";
      light += selector + colour.light + "}";
      dark += selector + colour.dark + "}";
    }
    return "<style>svg{background:#fff;font:11px ui-sans-serif,system-ui,sans-serif}"
           "text{fill:#1a2230;pointer-events:none}.title{font-size:18px;font-weight:600}"
           ".meta{fill:#5b6675;font-size:12px}g:hover rect{opacity:.75}" +
           light +
           "@media(prefers-color-scheme:dark){svg{background:#14181f}text{fill:#eef2f7}"
           ".meta{fill:#9aa7b8}" +
           dark + "}</style>\n";
  }

  std::string header() const {
    std::string meta = value_text(view_, view_.total) + " in total";
    if (!view_.host.empty()) meta += "  ·  " + view_.host;
    if (view_.duration_ns != 0) meta += "  ·  " + format_duration(view_.duration_ns) + " recorded";
    if (!view_.recorded_at.empty()) meta += "  ·  " + view_.recorded_at;
    return text("title", kMargin, 32, view_.title) + text("meta", kMargin, 54, meta);
  }

  static std::string text(const char* style_class, double x, double y, const std::string& content) {
    return "<text class=\"" + std::string(style_class) + "\" x=\"" + px(x) + "\" y=\"" + px(y) +
           "\">" + escape_markup(content) + "</text>\n";
  }

  std::string place_frames(const std::string& frames) const {
    return "<g transform=\"translate(0 " + px(kHeader + kRow * (deepest_ + 1)) + ")\">\n" + frames +
           "</g>\n";
  }

  std::string footer(double height) const {
    std::string out;
    double x = kMargin;
    double y = height - kFooter + 30;
    for (const KindColour& colour : palette()) {
      out += "<g class=\"" + std::string(model::frame_kind_name(colour.kind)) + "\"><rect x=\"" +
             px(x) + "\" y=\"" + px(y - 9) + "\" width=\"10\" height=\"10\" rx=\"2\"/></g>";
      out += text("meta", x + 15, y, colour.label);
      x += 76;
    }
    if (culled_frames_ == 0) return out;
    return out + text("meta", x + 16, y,
                      format_count(culled_frames_) + " frames too narrow to draw, " +
                          share_text(culled_, view_.total) + " of the total");
  }

  const model::View& view_;
  const WriteOptions& options_;
  std::vector<TreeNode> tree_;
  double scale_ = 0;  // pixels per unit of value
  uint32_t deepest_ = 0;
  uint64_t culled_ = 0;
  uint64_t culled_frames_ = 0;  // not counting what lies above a culled frame
};

}  // namespace

Result<std::string> write_svg(const model::View& view, const WriteOptions& options) {
  return SvgWriter(view, options).write();
}

}  // namespace perfscope::output
