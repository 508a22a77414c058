// perfscope as its users run it, and what its recordings say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/command.h"

namespace perfscope::test {

// The program under test, with these arguments.
Command perfscope(const Command& arguments);
CommandResult run_perfscope(const Command& arguments, const CommandOptions& options = {});

// `perfscope report --json FILE`. Throws what perfscope says when it fails.
nlohmann::json report(const std::string& file);
// Rows of `perfscope query`: objects of strings by column name.
nlohmann::json query(const std::string& file, const std::string& sql);
// The first column of the first row as a number; 0 when there is none.
double number(const std::string& file, const std::string& sql);

// Nanoseconds that threads spent in each state; `where` restricts p (processes) and t (threads).
struct Ledger {
  double on_cpu = 0;
  double runnable = 0;
  double blocked = 0;

  double off_cpu() const { return runnable + blocked; }
  double wall() const { return on_cpu + off_cpu(); }
};
Ledger ledger(const std::string& file, const std::string& where);

// Self time of a function as the report has it, in seconds; 0 when it is not there.
double self_seconds(const nlohmann::json& report, const std::string& function);
double total_seconds(const nlohmann::json& report, const std::string& function);

// |measured - truth| / truth.
double relative_error(double measured, double truth);

}  // namespace perfscope::test
