// LineSplitter: cuts a text that arrives in pieces into lines, without holding all of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace perfscope::symbolizer {

class LineSplitter {
 public:
  static constexpr std::size_t kMaxLine = 4096;  // what is beyond is left out

  // Calls handle(std::string_view line) for each line that is complete, without its end.
  template <typename Handle>
  void feed(std::string_view piece, Handle handle) {
    while (!piece.empty()) {
      std::size_t end = piece.find('\n');
      if (end == std::string_view::npos) return hold(piece);
      if (held_.empty()) {
        handle(piece.substr(0, end < kMaxLine ? end : kMaxLine));
      } else {
        hold(piece.substr(0, end));
        handle(std::string_view(held_));
        held_.clear();
      }
      piece.remove_prefix(end + 1);
    }
  }

  // The last line may lack its end.
  template <typename Handle>
  void finish(Handle handle) {
    if (!held_.empty()) handle(std::string_view(held_));
    held_.clear();
  }

 private:
  void hold(std::string_view part) { held_.append(part.substr(0, kMaxLine - held_.size())); }

  std::string held_;
};

}  // namespace perfscope::symbolizer
