#include "probes/registry.h"

#include <algorithm>

#include "probes/cpu.h"
#include "probes/offcpu.h"

namespace perfscope::probes {

const std::vector<ProbeSpec>& probe_specs() {
  static const std::vector<ProbeSpec> kProbes{
      {"cpu", "on-CPU stacks, sampled at a fixed rate on every CPU", true, make_cpu_probe},
      {"offcpu", "off-CPU stacks and the time each thread ran, was runnable and was blocked", true,
       make_offcpu_probe},
  };
  return kProbes;
}

Result<std::vector<std::unique_ptr<capture::Probe>>> make_probes(std::string_view list) {
  std::vector<std::unique_ptr<capture::Probe>> probes;
  if (list.empty()) {
    for (const ProbeSpec& spec : probe_specs())
      if (spec.on_by_default) probes.push_back(spec.make());
    return probes;
  }
  std::vector<std::string_view> seen;
  while (!list.empty()) {
    std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    auto spec = std::find_if(probe_specs().begin(), probe_specs().end(),
                             [&](const ProbeSpec& known) { return known.name == name; });
    if (spec == probe_specs().end())
      return Error(ErrorCode::kUsage, "--probes: no probe '" + std::string(name) +
                                          "'; list them with: perfscope list probes");
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      return Error(ErrorCode::kUsage, "--probes: '" + std::string(name) + "' is named twice");
    seen.push_back(name);
    probes.push_back(spec->make());
  }
  return probes;
}

}  // namespace perfscope::probes
