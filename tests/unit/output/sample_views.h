// Synthetic views for the tests of writers: small ones to compare, a hostile and a big one to
// survive.
#pragma once

#include <cstdint>
#include <vector>

#include "model/view.h"

namespace perfscope::testing {

// A small web server's CPU time: every kind of frame, inlining, source lines.
model::View small_view();
// The same host's off-CPU time.
model::View offcpu_view();
// Names that try to be markup, script, formulas, separators and broken UTF-8.
model::View hostile_view();
model::View empty_view();
// One stack of `depth` frames.
model::View deep_view(uint32_t depth);
// `stacks` distinct stacks of 8 to 40 frames, as a busy host gives them; always the same ones.
model::View big_view(uint32_t stacks);

}  // namespace perfscope::testing
