// A view's numbers as people read them.
#pragma once

#include <string>

#include "base/units.h"
#include "model/view.h"

namespace perfscope::output {

// "1.23 s", "4.5 MiB", "12,345", by the view's unit.
inline std::string value_text(const model::View& view, uint64_t value) {
  switch (view.unit) {
    case model::Unit::kNanoseconds: return format_duration(value);
    case model::Unit::kBytes: return format_bytes(value);
    default: return format_count(value);
  }
}

inline std::string share_text(uint64_t part, uint64_t whole) {
  return format_percent(whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole), 2);
}

}  // namespace perfscope::output
