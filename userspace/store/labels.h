// Labels as one JSON object per row: {"process":"nginx"}; queries reach in with json_extract().
#pragma once

#include <string>

#include "model/profile.h"

namespace perfscope::store {

std::string labels_to_json(const model::Labels& labels);
// Anything but an object of strings gives no labels.
model::Labels labels_from_json(const std::string& json);

}  // namespace perfscope::store
