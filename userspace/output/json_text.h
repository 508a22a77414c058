// JSON to text, the same way in every writer. For .cpp files only: pulls in nlohmann/json.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace perfscope::output {

// One line and its newline; bytes that are not UTF-8 become U+FFFD instead of an exception.
inline std::string json_text(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace perfscope::output
