#include "support/recordings.h"

#include <cmath>
#include <stdexcept>

namespace perfscope::test {
namespace {

using nlohmann::json;

json parsed(const Command& arguments) {
  CommandResult result = run_perfscope(arguments);
  if (result.exit_code != 0)
    throw std::runtime_error("perfscope " + arguments.front() + " exits with " +
                             std::to_string(result.exit_code) + ": " + result.err);
  return json::parse(result.out);
}

double seconds_of(const json& report, const std::string& function, const char* which) {
  double sum = 0;
  for (const json& row : report.at("functions"))
    if (row.at("function") == function) sum += row.at(which).get<double>();
  return sum;
}

}  // namespace

Command perfscope(const Command& arguments) {
  Command command{PERFSCOPE_BINARY};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

CommandResult run_perfscope(const Command& arguments, const CommandOptions& options) {
  return run(perfscope(arguments), options);
}

json report(const std::string& file) { return parsed({"report", "--json", file}); }

json query(const std::string& file, const std::string& sql) {
  return parsed({"query", "--json", file, sql});
}

double number(const std::string& file, const std::string& sql) {
  json rows = query(file, sql);
  if (rows.empty() || rows[0].empty()) return 0;
  std::string text = rows[0].begin()->get<std::string>();
  return text.empty() ? 0 : std::stod(text);
}

Ledger ledger(const std::string& file, const std::string& where) {
  Ledger sums;
  json rows = query(file,
                    "SELECT g.state AS state, sum(g.ns) AS ns FROM ledger g JOIN threads t ON "
                    "t.id=g.thread_id JOIN processes p ON p.id=t.process_id WHERE " +
                        where + " GROUP BY g.state");
  for (const json& row : rows) {
    double ns = std::stod(row.at("ns").get<std::string>());
    if (row.at("state") == "on_cpu") sums.on_cpu = ns;
    if (row.at("state") == "runnable") sums.runnable = ns;
    if (row.at("state") == "blocked") sums.blocked = ns;
  }
  return sums;
}

double self_seconds(const json& report, const std::string& function) {
  return seconds_of(report, function, "self_seconds");
}

double total_seconds(const json& report, const std::string& function) {
  return seconds_of(report, function, "total_seconds");
}

double relative_error(double measured, double truth) { return std::abs(measured - truth) / truth; }

}  // namespace perfscope::test
