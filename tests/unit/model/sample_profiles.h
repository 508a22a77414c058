// Synthetic recordings for the tests of the model, the store and the report.
#pragma once

#include <cstdint>

#include "model/builder.h"
#include "model/profile.h"

namespace perfscope::testing {

// A small web shop, two slices of five seconds: every shape, kind of module, reason for a missing
// name, state, waker, drop and a probe that is off. Always the same.
model::Profile shop_profile();
// Names that try to be escape sequences, markup and broken UTF-8, or are far too long.
model::Profile hostile_profile();
// Nothing was seen: one empty slice.
model::Profile empty_profile();
// `stacks` distinct stacks of 8 to 40 frames and `samples` samples in `slices` slices, as a busy
// host gives them; always the same ones.
model::Profile big_profile(uint32_t stacks, uint32_t samples, uint32_t slices = 10);

// The rows of one slice: what a recording hands to the store at its end.
model::Profile only_slice(const model::Profile& profile, uint32_t slice);

}  // namespace perfscope::testing
