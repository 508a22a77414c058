// The commands of perfscope. Each adds itself to the command line and, when it is chosen, leaves
// the work to do in `action`; the work returns the process's exit code (docs/exit-codes.md).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
}

namespace perfscope::cli {

using Action = std::function<Result<int>()>;

// What main knows and commands need.
struct Invocation {
  std::string command_line;          // as typed, for the recording's facts
  std::vector<std::string> command;  // what followed "--": to be started and recorded
  bool has_dashes = false;           // there was a "--"
};

void add_record(CLI::App& app, Action& action, const Invocation& invocation);
void add_report(CLI::App& app, Action& action);
void add_flamegraph(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_query(CLI::App& app, Action& action);
void add_list(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);

// `perfscope` alone: ten seconds of the whole host, explained.
Result<int> diagnose(const Invocation& invocation);

}  // namespace perfscope::cli
