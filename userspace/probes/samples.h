// Reading the pair of sample maps that bpf/samples.h describes.
#pragma once

#include <cstdint>
#include <functional>

#include "bpf/wire.h"

struct bpf_map;

namespace perfscope::probes {

class SampleMaps {
 public:
  // `generation` is the kernel side's turn counter, in mapped memory. All borrowed.
  SampleMaps(const bpf_map* even, const bpf_map* odd, volatile uint32_t* generation)
      : even_(even), odd_(odd), generation_(generation) {}
  SampleMaps() = default;

  // New samples go to the other map from now on.
  void turn() { *generation_ = *generation_ + 1; }
  // Empties the map that nobody writes to.
  void drain(const std::function<void(const ps_sample_key&, const ps_sample_value&)>& take);

 private:
  const bpf_map* even_ = nullptr;
  const bpf_map* odd_ = nullptr;
  volatile uint32_t* generation_ = nullptr;
};

}  // namespace perfscope::probes
