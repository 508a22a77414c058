// Writing views of a recording to files.
#pragma once

#include <string>

#include "base/result.h"
#include "model/view.h"

namespace perfscope::cli {

// Writes one view in the format of the path's extension. An empty view name means every view that
// the recording has where the format can hold several (.html), else cpu.
Status write_view_file(const model::Profile& profile, const std::string& view,
                       const model::ViewFilter& filter, const std::string& path);

}  // namespace perfscope::cli
