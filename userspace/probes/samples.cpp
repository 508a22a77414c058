#include "probes/samples.h"

#include "capture/bpf_support.h"

namespace perfscope::probes {

void SampleMaps::drain(
    const std::function<void(const ps_sample_key&, const ps_sample_value&)>& take) {
  const bpf_map* idle = (*generation_ & 1) != 0 ? even_ : odd_;
  capture::drain_hash(idle, sizeof(ps_sample_key), sizeof(ps_sample_value),
                      [&](const void* key, const void* value) {
                        take(*static_cast<const ps_sample_key*>(key),
                             *static_cast<const ps_sample_value*>(value));
                      });
}

}  // namespace perfscope::probes
