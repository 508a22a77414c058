#include "capture/probe.h"

#include <array>
#include <utility>

#include <bpf/libbpf.h>

#include "capture/bpf_support.h"

namespace perfscope::capture {

Status share_maps(bpf_object* object, const SharedMaps& maps) {
  const std::array<std::pair<const char*, int>, 8> shared{{{"targets", maps.targets},
                                                           {"stacks", maps.stacks},
                                                           {"seen", maps.seen},
                                                           {"uw_slabs", maps.unwind.slabs},
                                                           {"uw_modules", maps.unwind.modules},
                                                           {"uw_processes", maps.unwind.processes},
                                                           {"uw_requests", maps.unwind.requests},
                                                           {"uw_asked", maps.unwind.asked}}};
  for (const auto& [name, fd] : shared) {
    bpf_map* map = bpf_object__find_map_by_name(object, name);
    if (map == nullptr) continue;
    if (int error = bpf_map__reuse_fd(map, fd); error != 0)
      return libbpf_error(std::string("share map ") + name, error);
  }
  return Ok{};
}

}  // namespace perfscope::capture
