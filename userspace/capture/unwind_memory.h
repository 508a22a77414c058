// UnwindMemory: the slabs that the unwinder's tables lie in, mapped here and read by the kernel
// side. Grows up to a budget; what is freed is used again once no program can still be reading it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace perfscope::capture {

class UnwindMemory {
 public:
  // `slabs_map` is the array of maps that the kernel side looks slabs up in; borrowed.
  UnwindMemory(int slabs_map, uint64_t budget_bytes);
  UnwindMemory(const UnwindMemory&) = delete;
  UnwindMemory& operator=(const UnwindMemory&) = delete;
  ~UnwindMemory();

  // Address of `bytes` zeroed bytes; nothing when the budget is used up.
  std::optional<uint32_t> allocate(std::size_t bytes);
  // The block is no longer reachable from the tables.
  void release(uint32_t address, std::size_t bytes);
  // Makes released blocks available, after a grace period of the kernel. Call now and then.
  void reclaim();

  uint8_t* at(uint32_t address);
  uint64_t used_bytes() const { return used_; }
  uint64_t slab_bytes() const;
  uint64_t budget_bytes() const { return budget_; }

 private:
  struct Block {
    uint32_t address;
    std::size_t bytes;  // rounded
  };

  bool add_slab();

  int slabs_map_;
  uint64_t budget_;
  uint64_t used_ = 0;
  std::vector<uint8_t*> slabs_;
  uint32_t next_ = 16;                                 // never used; address 0 means "nothing"
  std::map<std::size_t, std::vector<uint32_t>> free_;  // by size
  std::vector<Block> released_;
};

}  // namespace perfscope::capture
