#include "capture/mappings.h"

#include <algorithm>
#include <charconv>

namespace perfscope::capture {
namespace {

// Takes the text up to `end_mark` off the front of `rest`.
std::string_view take_until(std::string_view& rest, char end_mark) {
  std::size_t at = rest.find(end_mark);
  std::string_view field = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return field;
}

bool parse(std::string_view text, int base, uint64_t& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

// "55d0…-55d1… r-xp 00001000 fd:01 1234    /usr/bin/x (deleted)"; proc(5).
std::optional<Mapping> parse_line(std::string_view line) {
  Mapping mapping{};
  uint64_t major = 0;
  uint64_t minor = 0;
  bool valid = parse(take_until(line, '-'), 16, mapping.begin) &&
               parse(take_until(line, ' '), 16, mapping.end);
  std::string_view permissions = take_until(line, ' ');
  valid = valid && permissions.size() >= 3 && permissions[2] == 'x' &&
          parse(take_until(line, ' '), 16, mapping.file_offset) &&
          parse(take_until(line, ':'), 16, major) && parse(take_until(line, ' '), 16, minor) &&
          parse(take_until(line, ' '), 10, mapping.inode) && mapping.begin < mapping.end;
  if (!valid) return std::nullopt;
  mapping.device = major << 32 | minor;
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  constexpr std::string_view kDeleted = " (deleted)";
  if (line.ends_with(kDeleted)) line.remove_suffix(kDeleted.size());
  mapping.path = line;
  return mapping;
}

}  // namespace

std::vector<Mapping> parse_maps(std::string_view maps_text) {
  std::vector<Mapping> mappings;
  while (!maps_text.empty())
    if (std::optional<Mapping> mapping = parse_line(take_until(maps_text, '\n')))
      mappings.push_back(std::move(*mapping));
  std::sort(mappings.begin(), mappings.end(),
            [](const Mapping& a, const Mapping& b) { return a.begin < b.begin; });
  return mappings;
}

const Mapping* find_mapping(const std::vector<Mapping>& sorted, uint64_t address) {
  auto after = std::upper_bound(sorted.begin(), sorted.end(), address,
                                [](uint64_t a, const Mapping& m) { return a < m.begin; });
  if (after == sorted.begin()) return nullptr;
  const Mapping& candidate = *std::prev(after);
  return address < candidate.end ? &candidate : nullptr;
}

}  // namespace perfscope::capture
