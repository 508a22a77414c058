// Whether a file's tables are those that this program wrote.
#pragma once

#include "base/result.h"

namespace perfscope::store {

class Database;

// Every table and view of the current version has to be there, defined word for word as in kSchema:
// a view in place of a table, a generated column or a trigger could make reading run forever. What
// else people have added to their file is left alone, save for triggers.
Status check_schema(const Database& database);

}  // namespace perfscope::store
