// The probes there are. Adding one: docs/ADDING_A_PROBE.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "capture/probe.h"

namespace perfscope::probes {

struct ProbeSpec {
  std::string_view name;
  std::string_view help;
  bool on_by_default;
  std::unique_ptr<capture::Probe> (*make)();
};

const std::vector<ProbeSpec>& probe_specs();

// Makes the probes of a comma-separated list; an empty list means those on by default.
// Errors (kUsage): no such probe, or one is named twice.
Result<std::vector<std::unique_ptr<capture::Probe>>> make_probes(std::string_view list);

}  // namespace perfscope::probes
