// UnwindTables: everything that the kernel side needs to unwind user stacks, kept current.
//
// Starts with what /proc shows; then the kernel side asks for what it misses: a process it has not
// seen, an address outside the mappings it knows, a page of a table. Each is answered once, at
// once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "bpf/unwind_wire.h"
#include "capture/unwind_memory.h"
#include "capture/unwind_modules.h"

struct ring_buffer;

namespace perfscope::capture {

// The unwinder's maps; bpf/unwind_maps.h describes them. Borrowed descriptors.
struct UnwindMaps {
  int slabs = -1;
  int modules = -1;
  int processes = -1;
  int requests = -1;
  int asked = -1;
};

class UnwindTables {
 public:
  // Errors: the ring of requests cannot be read.
  static Result<std::unique_ptr<UnwindTables>> create(const UnwindMaps& maps,
                                                      uint64_t memory_bytes);
  UnwindTables(const UnwindTables&) = delete;
  UnwindTables& operator=(const UnwindTables&) = delete;
  ~UnwindTables();

  // Readable when the kernel side misses something: then call answer().
  int fd() const;
  void answer();

  // Looks at these processes, or at all there are.
  void add_processes(const std::vector<uint32_t>& pids);
  void add_all_processes();
  // Forgets processes that have ended and pages that nobody uses. Call every second or so.
  void tidy();

  // "unwind.modules", "unwind.pages_built", … -> number.
  std::map<std::string, std::string> facts() const;

 private:
  struct Process {
    uint32_t mappings = 0;  // slab address
    uint32_t count = 0;
    uint32_t exec_id = 0;
    uint64_t next_look_ns = 0;  // not before
  };

  UnwindTables(const UnwindMaps& maps, uint64_t memory_bytes);
  static int on_request(void* tables, void* data, std::size_t bytes);
  // `identity.start_ns` is 0 when it is not known.
  void add_process(const ps_process& identity);
  std::vector<ps_mapping> map_code(uint32_t pid);
  void forget(uint32_t pid);

  UnwindMaps maps_;
  UnwindMemory memory_;
  UnwindModules modules_;
  ring_buffer* ring_ = nullptr;
  std::unordered_map<uint32_t, Process> processes_;
  std::vector<ps_request> pending_;
  uint64_t requests_ = 0;
  uint64_t processes_refused_ = 0;
  uint64_t mappings_cut_ = 0;
  unsigned ticks_ = 0;
};

}  // namespace perfscope::capture
