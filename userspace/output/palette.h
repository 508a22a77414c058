// Colours of frames by kind, the same in every picture. Chosen to stay apart for colour-blind
// readers: code of the program is warm, code of the kernel cold, what is not code grey or violet.
#pragma once

#include <vector>

#include "model/view.h"

namespace perfscope::output {

struct KindColour {
  model::FrameKind kind;
  const char* label;  // for the legend
  const char* light;  // fill on a light page, #rrggbb
  const char* dark;   // fill on a dark page
};

// In the order of FrameKind.
inline const std::vector<KindColour>& palette() {
  static const std::vector<KindColour> kPalette{
      {model::FrameKind::kProcess, "Process", "#b9c3d2", "#4a5a70"},
      {model::FrameKind::kNative, "Native", "#f4b36c", "#b9742c"},
      {model::FrameKind::kKernel, "Kernel", "#86b2ea", "#3f6fb0"},
      {model::FrameKind::kJit, "JIT", "#8ccf9f", "#3d8a58"},
      {model::FrameKind::kInlined, "Inlined", "#f5d98b", "#94803a"},
      {model::FrameKind::kIdle, "Idle", "#dfe3e8", "#363d47"},
      {model::FrameKind::kNote, "Note", "#cdb3e6", "#755a94"},
  };
  return kPalette;
}

}  // namespace perfscope::output
