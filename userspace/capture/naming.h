// Names the locations of a profile: asks the symbolizer once per module for everything new.
#pragma once

#include <vector>

#include "capture/module_files.h"
#include "model/builder.h"
#include "symbolizer/symbolizer.h"

namespace perfscope::capture {

// Fills status and lines of the given locations. JIT code that its map does not cover yet keeps
// kNotAttempted and is returned: the map may grow.
std::vector<model::LocationId> name_locations(model::Builder& builder, const ModuleFiles& files,
                                              symbolizer::Symbolizer& symbolizer,
                                              const std::vector<model::LocationId>& locations);

}  // namespace perfscope::capture
