// The clock that slices and events are timed by.
#pragma once

#include <cstdint>

namespace perfscope {

// CLOCK_MONOTONIC in nanoseconds: what bpf_ktime_get_ns() gives on the kernel side.
uint64_t monotonic_ns();

}  // namespace perfscope
