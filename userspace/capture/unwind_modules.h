// UnwindModules: the binaries whose unwind tables the kernel side has, and the building of the
// pages that it asks for. Binaries are the same when their build-ids are: a library costs its
// memory once, however many processes and containers map it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capture/mappings.h"
#include "capture/unwind_memory.h"
#include "symbolizer/byte_source.h"
#include "symbolizer/elf_image.h"
#include "symbolizer/unwind_table.h"

namespace perfscope::capture {

class UnwindModules {
 public:
  // Memory without a table: a JIT's. The kernel side follows frame pointers in it.
  static constexpr uint32_t kNoTable = 0;

  // `modules_map`: module id -> ps_module; borrowed.
  UnwindModules(int modules_map, UnwindMemory& memory);

  // The module of a mapping of process `pid`: kNoTable when it is no file, or has no tables.
  uint32_t of(uint32_t pid, const Mapping& mapping);
  // The link-time address of the byte at a file offset of the module.
  std::optional<uint64_t> address_of(uint32_t module, uint64_t offset) const;
  // Builds all pages of the modules that are new since the last call, except of huge ones.
  void build_new();
  // Builds the page's rules, unless they are there or memory is used up.
  void build_page(uint32_t module, uint32_t page);
  // Frees the pages that were not used since the last call, when memory is short.
  void evict();

  std::size_t modules() const { return modules_.size(); }
  uint64_t pages_built() const { return pages_built_; }
  uint64_t pages_evicted() const { return pages_evicted_; }
  uint64_t pages_refused() const { return pages_refused_; }
  uint64_t unsupported_rows() const { return unsupported_rows_; }
  uint64_t build_ns() const { return build_ns_; }

 private:
  struct Module {
    symbolizer::ByteSource bytes;
    symbolizer::AddressMap map;
    symbolizer::UnwindTable table;
    uint32_t pages = 0;  // slab address of the page table
    uint32_t first_page = 0;
    uint32_t page_count = 0;
    std::vector<uint32_t> chunk_bytes;  // by page; 0: not built
  };

  uint32_t read_file(uint32_t pid, const Mapping& mapping);
  uint32_t add(symbolizer::ByteSource bytes);

  int modules_map_;
  UnwindMemory& memory_;
  std::vector<std::optional<Module>> modules_;  // [kNoTable] is empty
  std::vector<uint32_t> new_;
  std::map<std::string, uint32_t> by_mapping_;   // device, inode, path
  std::map<std::string, uint32_t> by_build_id_;  // and size
  uint64_t pages_built_ = 0;
  uint64_t pages_evicted_ = 0;
  uint64_t pages_refused_ = 0;
  uint64_t unsupported_rows_ = 0;
  uint64_t build_ns_ = 0;
};

}  // namespace perfscope::capture
