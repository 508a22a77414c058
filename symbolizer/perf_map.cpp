#include "symbolizer/perf_map.h"

#include <algorithm>
#include <charconv>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "symbolizer/line_splitter.h"

namespace perfscope::symbolizer {
namespace {

constexpr std::size_t kPieceSize = 65536;
constexpr std::size_t kMaxName = 1024;
constexpr uint64_t kMaxFunctionSize = uint64_t{1} << 30;

struct Line {
  uint64_t start;
  uint32_t size;
  uint32_t name;    // into the names
  uint32_t number;  // later lines win

  uint64_t end() const { return start + size; }
};

class Parser {
 public:
  void add(std::string_view text) {
    if (text.empty()) return;
    has_text_ = true;
    uint64_t start = 0;
    uint64_t size = 0;
    if (!take_hex(text, start) || !take_hex(text, size)) return;
    if (size == 0 || size > kMaxFunctionSize || start > UINT64_MAX - size) return;
    std::string_view name = text.substr(0, kMaxName);
    while (!name.empty() && (name.back() == '\r' || name.back() == ' ')) name.remove_suffix(1);
    if (name.empty() || lines_.size() >= SymbolTableBuilder::kMaxSymbols) return;
    auto number = static_cast<uint32_t>(lines_.size());
    lines_.push_back(
        {start, static_cast<uint32_t>(size), static_cast<uint32_t>(names_.size()), number});
    names_.append(name);
    names_.push_back('\0');
  }

  bool is_garbage() const { return has_text_ && lines_.empty(); }

  SymbolTable build() {
    drop_overwritten();
    SymbolTableBuilder builder;
    for (const Line& line : lines_)
      builder.add({.start = line.start, .size = line.size, .name = names_.c_str() + line.name});
    return builder.build();
  }

 private:
  // A number, with or without 0x, and the blanks after it.
  static bool take_hex(std::string_view& text, uint64_t& value) {
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    std::size_t blanks = std::min(text.find_first_not_of(" \t"), text.size());
    text.remove_prefix(blanks);
    return blanks > 0;
  }

  // A function whose first byte belongs to a later line cannot be entered any more. With those
  // gone, of all that cover an address the one that starts last is also the latest, which is the
  // one that SymbolTable::find gives.
  void drop_overwritten() {
    std::sort(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) {
      return a.start != b.start ? a.start < b.start : a.number > b.number;
    });
    struct Open {
      uint32_t number;
      uint64_t end;
      bool operator<(const Open& other) const { return number < other.number; }
    };
    std::priority_queue<Open> open;  // the latest line that may still cover the start is on top
    std::erase_if(lines_, [&](const Line& line) {
      while (!open.empty() && open.top().end <= line.start) open.pop();
      bool is_overwritten = !open.empty() && open.top().number > line.number;
      open.push({line.number, line.end()});
      return is_overwritten;
    });
  }

  std::vector<Line> lines_;
  std::string names_;
  bool has_text_ = false;
};

}  // namespace

Result<SymbolTable> read_perf_map(const ByteSource& file) {
  Parser parser;
  LineSplitter splitter;
  auto add = [&](std::string_view line) { parser.add(line); };
  uint64_t size = std::min<uint64_t>(file.size(), kMaxPerfMap);
  for (uint64_t at = 0; at < size; at += kPieceSize) {
    const std::string piece = file.read_some(at, kPieceSize);
    if (piece.empty()) return Error(ErrorCode::kFailed, "the perf map could not be read");
    splitter.feed(piece, add);
  }
  splitter.finish(add);
  if (parser.is_garbage()) return Error(ErrorCode::kBadInput, "no line of a perf map");
  return parser.build();
}

}  // namespace perfscope::symbolizer
