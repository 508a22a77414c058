// ThreadTimes: from the running sums that the kernel side keeps by thread to ledger entries by
// slice.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "bpf/wire.h"
#include "capture/collector.h"

namespace perfscope::probes {

class ThreadTimes {
 public:
  // Adds what the thread's sums grew by since its last record, the open stretch included.
  void add(const ps_thread_record& record, capture::Collector& collector);
  // The same for the last record of a thread or of its image before an exec.
  void add_last(const ps_thread_record& record, capture::Collector& collector);

 private:
  using Sums = std::array<uint64_t, PS_STATES>;
  struct Key {
    uint64_t start_ns;
    uint32_t tid;
    uint32_t exec_id;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::hash<uint64_t>{}(key.start_ns ^ (uint64_t{key.tid} << 24) ^ key.exec_id);
    }
  };

  static Key key_of(const ps_thread& thread) {
    return {thread.process.start_ns, thread.tid, thread.process.exec_id};
  }

  std::unordered_map<Key, Sums, Hash> seen_;
};

}  // namespace perfscope::probes
