#include "store/labels.h"

#include <nlohmann/json.hpp>

namespace perfscope::store {

std::string labels_to_json(const model::Labels& labels) {
  return nlohmann::json(labels).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

model::Labels labels_from_json(const std::string& json) {
  nlohmann::json parsed = nlohmann::json::parse(json, nullptr, false);
  model::Labels labels;
  if (!parsed.is_object()) return labels;
  for (const auto& [key, value] : parsed.items())
    if (value.is_string()) labels[key] = value.get<std::string>();
  return labels;
}

}  // namespace perfscope::store
