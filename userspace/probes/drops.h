// What a probe's kernel side could not keep, slice by slice.
#pragma once

#include "capture/bpf_support.h"
#include "capture/collector.h"

namespace perfscope::probes {

class DropReader {
 public:
  // Hands over what was added since the last call.
  void collect(const char* probe, const bpf_map* drops, capture::Collector& collector) {
    capture::DropCounts now = capture::read_drops(drops);
    for (std::size_t i = 0; i < now.size(); ++i)
      collector.drop(probe, capture::drop_name(static_cast<ps_drop>(i)), now.at(i) - last_.at(i));
    last_ = now;
  }

 private:
  capture::DropCounts last_{};
};

}  // namespace perfscope::probes
