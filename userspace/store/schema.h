// The schema of a .perfscope file; docs/file-format.md explains it to users.
#pragma once

namespace perfscope::store {

// "pscp": what file(1) and sqlite see as the application of the database.
constexpr int kApplicationId = 0x70736370;
// Raised when an older perfscope could no longer read the file. Older files stay readable.
constexpr int kSchemaVersion = 1;

// Creates every table, index and view of the current version in an empty database.
extern const char* const kSchema;

}  // namespace perfscope::store
