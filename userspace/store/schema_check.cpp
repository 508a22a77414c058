#include "store/schema_check.h"

#include <map>

#include <sqlite3.h>

#include "store/database.h"
#include "store/schema.h"

namespace perfscope::store {
namespace {

// Name -> type and definition.
using Definitions = std::map<std::string, std::string>;

Definitions definitions(sqlite3* database, int& status) {
  Statement rows(database, "SELECT name,type,sql FROM main.sqlite_schema WHERE sql IS NOT NULL");
  Definitions found;
  while (rows.next()) found[rows.text(0)] = rows.text(1) + " " + rows.text(2);
  status = rows.status();
  return found;
}

const Definitions& expected_definitions() {
  static const Definitions kExpected = [] {
    sqlite3* memory = nullptr;
    int status = sqlite3_open(":memory:", &memory);
    if (status == SQLITE_OK) status = sqlite3_exec(memory, kSchema, nullptr, nullptr, nullptr);
    Definitions found = definitions(memory, status);
    sqlite3_close(memory);
    return found;
  }();
  return kExpected;
}

}  // namespace

Status check_schema(const Database& database) {
  int status = SQLITE_OK;
  Definitions found = definitions(database.handle(), status);
  if (status != SQLITE_OK) return database.error(ErrorCode::kBadInput, "read " + database.path());
  auto breach = [&](const std::string& what) {
    return Error(ErrorCode::kBadInput,
                 database.path() + ": the file is damaged (" + what + "); record again");
  };
  for (const auto& [name, definition] : expected_definitions()) {
    auto here = found.find(name);
    if (here == found.end()) return breach("no table " + name);
    if (here->second != definition) return breach(name + " is not what perfscope writes");
  }
  for (const auto& [name, definition] : found)
    if (definition.starts_with("trigger ")) return breach("it has a trigger");
  return Ok{};
}

}  // namespace perfscope::store
