#include "output/text_layout.h"

#include <sstream>

#include "base/text.h"
#include "base/units.h"

namespace perfscope::output {
namespace {

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }

// The last `width` columns.
std::string tail(const std::string& text, std::size_t width) {
  std::size_t at = text.size();
  for (std::size_t taken = 0; at > 0 && taken < width;)
    if (starts_character(text[--at])) ++taken;
  return text.substr(at);
}

}  // namespace

std::string right_aligned(const std::string& text, std::size_t width) {
  std::size_t have = columns(text);
  return have >= width ? text : std::string(width - have, ' ') + text;
}

std::string shortened(const std::string& text, std::size_t width) {
  return columns(text) <= width ? text : fit(text, width);
}

std::string shortened_in_middle(const std::string& text, std::size_t width) {
  if (columns(text) <= width || width < 8) return shortened(text, width);
  std::size_t end = width / 2;
  return fit(text, width - end) + tail(text, end);
}

std::vector<std::string> wrapped(const std::vector<std::string>& items, const std::string& joint,
                                 std::size_t width) {
  std::vector<std::string> lines;
  // The joint stays with the item before it, less its last blank at the end of a line.
  const std::string open = joint.substr(0, joint.find_last_not_of(' ') + 1);
  std::string line;
  for (std::size_t i = 0; i < items.size(); ++i) {
    bool is_last = i + 1 == items.size();
    std::string item = shortened(items[i], width - columns(open)) + (is_last ? "" : open);
    const std::string gap = joint.substr(open.size());
    if (line.empty()) {
      line = item;
    } else if (columns(line) + columns(gap) + columns(item) <= width) {
      line += gap + item;
    } else {
      lines.push_back(std::move(line));
      line = item;
    }
  }
  if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return wrapped(words, " ", width);
}

std::string counted(std::size_t count, const std::string& singular, const std::string& plural) {
  return format_count(count) + " " + (count == 1 ? singular : plural);
}

}  // namespace perfscope::output
