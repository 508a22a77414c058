// Ids of the rows of a Profile. Each is the row's position in its table.
#pragma once

#include "base/strong_id.h"

namespace perfscope::model {

using ModuleId = StrongId<struct ModuleTag>;
using FunctionId = StrongId<struct FunctionTag>;
using LocationId = StrongId<struct LocationTag>;
using StackId = StrongId<struct StackTag>;
using ProcessId = StrongId<struct ProcessTag>;
using ThreadId = StrongId<struct ThreadTag>;
using SliceId = StrongId<struct SliceTag>;
using MetricId = StrongId<struct MetricTag>;

}  // namespace perfscope::model
