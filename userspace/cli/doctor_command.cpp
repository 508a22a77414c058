// doctor: what this kernel and these privileges allow, with the command that repairs each problem.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "capture/host_checks.h"
#include "capture/session.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "probes/registry.h"

namespace perfscope::cli {
namespace {

using capture::Check;
using capture::CheckState;

// Every probe, loaded and attached for a moment.
std::vector<Check> check_probes() {
  std::vector<std::unique_ptr<capture::Probe>> all;
  for (const probes::ProbeSpec& spec : probes::probe_specs()) all.push_back(spec.make());
  std::vector<Check> checks;
  for (const model::ProbeStatus& status : capture::try_probes(std::move(all)))
    checks.push_back({"probe." + status.probe, "Probe " + status.probe,
                      status.active ? CheckState::kOk : CheckState::kProblem, status.detail,
                      status.active ? "" : "repair what is reported above, then run doctor again"});
  return checks;
}

bool has_problem(const std::vector<Check>& checks) {
  return std::any_of(checks.begin(), checks.end(),
                     [](const Check& check) { return check.state == CheckState::kProblem; });
}

std::string as_json(const std::vector<Check>& checks) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Check& check : checks)
    rows.push_back({{"id", check.id},
                    {"title", check.title},
                    {"state", capture::check_state_name(check.state)},
                    {"detail", check.detail},
                    {"remedy", check.remedy}});
  nlohmann::json document{{"schema", "perfscope-doctor"},
                          {"version", 1},
                          {"healthy", !has_problem(checks)},
                          {"checks", rows}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

const char* colour_of(CheckState state) {
  switch (state) {
    case CheckState::kOk: return "32";
    case CheckState::kInfo: return "36";
    case CheckState::kWarning: return "33";
    case CheckState::kProblem: return "31";
  }
  return "0";
}

std::string as_text(const std::vector<Check>& checks) {
  bool colour = text_options().colour;
  std::string text;
  for (const Check& check : checks) {
    std::string state = fit(capture::check_state_name(check.state), 8);
    if (colour)
      state.insert(0, std::string("\x1b[") + colour_of(check.state) + "m").append("\x1b[0m");
    text += state + printable(check.title) + ": " + printable(check.detail) + "\n";
    if (!check.remedy.empty() && check.state != CheckState::kOk)
      text += "        → " + printable(check.remedy) + "\n";
  }
  text += has_problem(checks) ? "\nperfscope cannot record everything here; repair what → says.\n"
                              : "\nperfscope can record here.\n";
  return text;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("doctor", "check what this host and these privileges allow");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "as JSON");
  command->callback([json, &action] {
    action = [json]() -> Result<int> {
      std::vector<Check> checks = capture::check_host();
      for (Check& probe : check_probes()) checks.push_back(std::move(probe));
      Result<int> printed = print(*json ? as_json(checks) : as_text(checks));
      if (!printed) return printed;
      return has_problem(checks) ? 1 : 0;
    };
  });
}

}  // namespace perfscope::cli
