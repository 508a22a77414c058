#include "base/text.h"

#include <cstdint>

namespace perfscope {
namespace {

// Length of the valid UTF-8 sequence at text[at], or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  auto byte = [&](std::size_t i) { return static_cast<uint8_t>(text[i]); };
  uint8_t lead = byte(at);
  std::size_t length = lead < 0x80                   ? 1
                       : lead >= 0xc2 && lead < 0xe0 ? 2
                       : lead >= 0xe0 && lead < 0xf0 ? 3
                       : lead >= 0xf0 && lead < 0xf5 ? 4
                                                     : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  if (lead == 0xe0 && byte(at + 1) < 0xa0) return 0;  // overlong
  if (lead == 0xed && byte(at + 1) > 0x9f) return 0;  // surrogate
  if (lead == 0xf0 && byte(at + 1) < 0x90) return 0;  // overlong
  if (lead == 0xf4 && byte(at + 1) > 0x8f) return 0;  // beyond U+10FFFF
  return length;
}

bool is_control(std::string_view sequence) {
  auto first = static_cast<uint8_t>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
  // U+0080..U+009F: the C1 controls, among them CSI.
  return first == 0xc2 && static_cast<uint8_t>(sequence[1]) < 0xa0;
}

bool starts_code_point(char byte) { return (static_cast<uint8_t>(byte) & 0xc0) != 0x80; }

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = sequence_length(text, at);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      ++at;
      continue;
    }
    std::string_view sequence = text.substr(at, length);
    if (is_control(sequence))
      out += '?';
    else
      out += sequence;
    at += length;
  }
  return out;
}

std::size_t columns(std::string_view utf8) {
  std::size_t count = 0;
  for (char byte : utf8) count += starts_code_point(byte) ? 1 : 0;
  return count;
}

std::string fit(std::string_view utf8, std::size_t width) {
  std::size_t have = columns(utf8);
  if (have <= width) return std::string(utf8) + std::string(width - have, ' ');
  if (width == 0) return "";
  std::size_t seen = 0;
  std::size_t at = 0;
  for (; at < utf8.size(); ++at)
    if (starts_code_point(utf8[at]) && ++seen == width) break;
  return std::string(utf8.substr(0, at)) + "…";
}

}  // namespace perfscope
