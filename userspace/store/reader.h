// Reading .perfscope files. Needs no privilege.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/profile.h"

namespace perfscope::store {

// The whole recording, validated. Errors (kBadInput): no such file, not a recording, damaged, or
// written by a newer perfscope.
Result<model::Profile> read_profile(const std::string& path);

// Runs one read-only SQL statement. `row` is called with the column names first, then with each
// row. Errors: as above, or the statement is wrong, writes, or is more than one.
Status query(const std::string& path, const std::string& sql,
             const std::function<void(const std::vector<std::string>& cells)>& row);

}  // namespace perfscope::store
