#include "live/truth.h"

#include <nlohmann/json.hpp>

namespace perfscope::test {

std::vector<Worker> parse_truth(const std::string& out) {
  std::vector<Worker> workers;
  const nlohmann::json truth = nlohmann::json::parse(out);
  for (const auto& row : truth.at("workers"))
    workers.push_back({row.at("pid"), row.at("tid"), row.at("wall_ns"), row.at("cpu_ns"),
                       row.at("seventy_ns"), row.at("thirty_ns"), row.at("sleep_ns"),
                       row.at("asked_ns")});
  return workers;
}

Worker sum(const std::vector<Worker>& workers) {
  Worker sums{};
  for (const Worker& each : workers) {
    sums.wall_ns += each.wall_ns;
    sums.cpu_ns += each.cpu_ns;
    sums.seventy_ns += each.seventy_ns;
    sums.thirty_ns += each.thirty_ns;
    sums.sleep_ns += each.sleep_ns;
    sums.asked_ns += each.asked_ns;
  }
  return sums;
}

std::string program(const std::string& name) { return std::string(TRUTH_PROGRAMS) + "/" + name; }

}  // namespace perfscope::test
