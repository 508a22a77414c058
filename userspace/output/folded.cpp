// Collapsed stacks as flamegraph.pl's stackcollapse scripts write them: "process;main;work 42".
#include <algorithm>

#include "base/text.h"
#include "output/formats.h"

namespace perfscope::output {
namespace {

constexpr uint64_t kNsPerUs = 1000;

// A name must not contain what separates frames or lines.
std::string frame_name(const std::string& name) {
  std::string safe = printable(name);
  std::replace(safe.begin(), safe.end(), ';', ':');
  return safe;
}

uint64_t folded_value(const model::View& view, uint64_t value) {
  if (view.unit != model::Unit::kNanoseconds) return value;
  return value / kNsPerUs + (value % kNsPerUs >= kNsPerUs / 2 ? 1 : 0);
}

}  // namespace

Result<std::string> write_folded(const model::View& view, const WriteOptions& /*options*/) {
  std::vector<std::string> names;
  names.reserve(view.frames.size());
  for (const model::ViewFrame& frame : view.frames) names.push_back(frame_name(frame.name));

  std::string out;
  for (const model::ViewStack& stack : view.stacks) {
    uint64_t value = folded_value(view, stack.value);
    if (value == 0 || stack.frames.empty()) continue;  // readers reject a line without a stack
    for (uint32_t frame : stack.frames) out.append(names[frame]).push_back(';');
    out.back() = ' ';
    out.append(std::to_string(value)).push_back('\n');
  }
  return out;
}

}  // namespace perfscope::output
