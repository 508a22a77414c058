// cpu: on-CPU stacks. Metric "cpu": nanoseconds, one sampling period per sample.
#pragma once

#include <memory>

#include "capture/probe.h"

namespace perfscope::probes {

std::unique_ptr<capture::Probe> make_cpu_probe();

}  // namespace perfscope::probes
