// offcpu: off-CPU stacks and exact thread times. Metrics "offcpu" and "ledger": nanoseconds.
#pragma once

#include <memory>

#include "capture/probe.h"

namespace perfscope::probes {

std::unique_ptr<capture::Probe> make_offcpu_probe();

}  // namespace perfscope::probes
