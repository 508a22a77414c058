#include "capture/unwind_memory.h"

#include <cstring>

#include <bpf/bpf.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "bpf/unwind_wire.h"

namespace perfscope::capture {
namespace {

// Coarse steps, so that a freed block fits another use.
std::size_t round_up(std::size_t bytes) {
  std::size_t step = bytes <= 1024 ? 64 : 256;
  return (bytes + step - 1) / step * step;
}

uint32_t offset_of(uint32_t address) { return address & (PS_SLAB_BYTES - 1); }

}  // namespace

UnwindMemory::UnwindMemory(int slabs_map, uint64_t budget_bytes)
    : slabs_map_(slabs_map), budget_(budget_bytes) {}

UnwindMemory::~UnwindMemory() {
  for (uint8_t* slab : slabs_) ::munmap(slab, PS_SLAB_BYTES);
}

bool UnwindMemory::add_slab() {
  auto index = static_cast<uint32_t>(slabs_.size());
  if (index >= PS_MAX_SLABS || (uint64_t{index} + 1) * PS_SLAB_BYTES > budget_) return false;
  LIBBPF_OPTS(bpf_map_create_opts, options);
  options.map_flags = BPF_F_MMAPABLE;
  Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "uw_slab", sizeof(uint32_t),
                        PS_SLAB_BYTES + PS_SLAB_SLACK, 1, &options));
  if (!map) return false;
  void* memory = ::mmap(nullptr, PS_SLAB_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), 0);
  if (memory == MAP_FAILED) return false;
  int fd = map.get();
  if (bpf_map_update_elem(slabs_map_, &index, &fd, BPF_ANY) != 0) {
    ::munmap(memory, PS_SLAB_BYTES);
    return false;
  }
  slabs_.push_back(static_cast<uint8_t*>(memory));
  return true;
}

std::optional<uint32_t> UnwindMemory::allocate(std::size_t bytes) {
  std::size_t size = round_up(bytes);
  if (size > PS_SLAB_BYTES - 16) return std::nullopt;
  uint32_t address = 0;
  if (auto fit = free_.find(size); fit != free_.end() && !fit->second.empty()) {
    address = fit->second.back();
    fit->second.pop_back();
  } else {
    if (offset_of(next_) + size > PS_SLAB_BYTES)
      next_ = (next_ | (PS_SLAB_BYTES - 1)) + 1;  // the rest of the slab stays unused
    if (next_ >> PS_SLAB_BITS >= slabs_.size() && !add_slab()) return std::nullopt;
    address = next_;
    next_ += static_cast<uint32_t>(size);
  }
  used_ += size;
  std::memset(at(address), 0, size);
  return address;
}

void UnwindMemory::release(uint32_t address, std::size_t bytes) {
  released_.push_back({address, round_up(bytes)});
}

void UnwindMemory::reclaim() {
  if (released_.empty()) return;
  // Waits for an RCU grace period: the programs that might read the blocks have ended.
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
  for (const Block& block : released_) {
    used_ -= block.bytes;
    free_[block.bytes].push_back(block.address);
  }
  released_.clear();
}

uint8_t* UnwindMemory::at(uint32_t address) {
  return slabs_[address >> PS_SLAB_BITS] + offset_of(address);
}

uint64_t UnwindMemory::slab_bytes() const { return slabs_.size() * uint64_t{PS_SLAB_BYTES}; }

}  // namespace perfscope::capture
