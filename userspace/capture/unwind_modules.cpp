#include "capture/unwind_modules.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>

#include <bpf/bpf.h>
#include <elf.h>

#include "base/fd.h"
#include "bpf/unwind_wire.h"
#include "capture/unwind_chunk.h"
#include "symbolizer/vdso.h"

namespace perfscope::capture {
namespace {

constexpr uint64_t kCodePage = uint64_t{1} << PS_CODE_PAGE_BITS;
constexpr uint64_t kMaxCodePages = 65536;  // 4 GiB of code
// Building all of a module of up to 32 MiB at once takes 10 ms and makes its first stacks complete.
constexpr uint64_t kEagerPages = 512;
constexpr std::size_t kMaxOpenFiles = 1024;

Fd open_mapped_file(uint32_t pid, const Mapping& mapping) {
  const std::string process = "/proc/" + std::to_string(pid);
  std::array<char, 64> range{};
  std::snprintf(range.data(), range.size(), "/map_files/%lx-%lx", mapping.begin, mapping.end);
  if (Result<Fd> file = open_readonly(process + range.data())) return std::move(*file);
  if (Result<Fd> file = open_readonly(process + "/root" + mapping.path)) return std::move(*file);
  return {};
}

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// Page tables are shared with the kernel side, which sets `requested` and `accessed`.
ps_code_page* entry_of(UnwindMemory& memory, uint32_t pages, uint32_t page) {
  return reinterpret_cast<ps_code_page*>(memory.at(pages)) + page;
}

void publish(ps_code_page* entry, uint32_t chunk) {
  __atomic_store_n(&entry->chunk, chunk, __ATOMIC_RELEASE);
}

}  // namespace

UnwindModules::UnwindModules(int modules_map, UnwindMemory& memory)
    : modules_map_(modules_map), memory_(memory), modules_(1) {}

uint32_t UnwindModules::of(uint32_t pid, const Mapping& mapping) {
  bool is_vdso = mapping.path == "[vdso]";
  if (!is_vdso && (mapping.inode == 0 || !mapping.path.starts_with("/"))) return kNoTable;
  std::string identity =
      std::to_string(mapping.device) + ":" + std::to_string(mapping.inode) + ":" + mapping.path;
  if (auto known = by_mapping_.find(identity); known != by_mapping_.end()) return known->second;
  uint32_t module = kNoTable;
  if (!is_vdso)
    module = read_file(pid, mapping);
  else if (Result<symbolizer::ByteSource> vdso = symbolizer::read_vdso())
    module = add(std::move(*vdso));
  by_mapping_.emplace(std::move(identity), module);
  return module;
}

uint32_t UnwindModules::read_file(uint32_t pid, const Mapping& mapping) {
  Fd file = open_mapped_file(pid, mapping);
  if (!file) return kNoTable;
  Result<symbolizer::ByteSource> bytes = symbolizer::ByteSource::from_file(std::move(file));
  return bytes ? add(std::move(*bytes)) : kNoTable;
}

uint32_t UnwindModules::add(symbolizer::ByteSource bytes) {
  uint64_t size = bytes.size();
  Result<symbolizer::ElfImage> image = symbolizer::ElfImage::parse(std::move(bytes));
  if (!image) return kNoTable;
  std::string build_id = image->build_id();
  if (!build_id.empty()) build_id += ":" + std::to_string(size);
  if (auto known = by_build_id_.find(build_id); known != by_build_id_.end()) return known->second;
  Result<symbolizer::UnwindTable> table = symbolizer::UnwindTable::read(*image);
  auto id = static_cast<uint32_t>(modules_.size());
  if (!table || id >= PS_MAX_MODULES || id >= kMaxOpenFiles) return kNoTable;

  auto last = table->function(table->functions() - 1, image->bytes());
  uint64_t end = last ? last->end : table->last_address() + 1;
  uint64_t first_page = table->first_address() >> PS_CODE_PAGE_BITS;
  uint64_t count = ((end - 1) >> PS_CODE_PAGE_BITS) + 1 - first_page;
  if (count == 0 || count > kMaxCodePages || first_page > 0xffffffff) return kNoTable;
  std::optional<uint32_t> pages = memory_.allocate(count * sizeof(ps_code_page));
  if (!pages) {
    ++pages_refused_;
    return kNoTable;
  }
  Module module{image->take_bytes(),
                symbolizer::AddressMap(image->segments()),
                std::move(*table),
                *pages,
                static_cast<uint32_t>(first_page),
                static_cast<uint32_t>(count),
                {}};
  module.chunk_bytes.resize(count);
  modules_.emplace_back(std::move(module));
  ps_module row{*pages, static_cast<uint32_t>(first_page), static_cast<uint32_t>(count), 0};
  bpf_map_update_elem(modules_map_, &id, &row, BPF_ANY);
  if (!build_id.empty()) by_build_id_.emplace(std::move(build_id), id);
  if (count <= kEagerPages) new_.push_back(id);
  return id;
}

void UnwindModules::build_new() {
  for (uint32_t id : new_)
    for (uint32_t page = 0; page < modules_[id]->page_count; ++page) build_page(id, page);
  new_.clear();
}

std::optional<uint64_t> UnwindModules::address_of(uint32_t module, uint64_t offset) const {
  if (module == kNoTable || module >= modules_.size()) return std::nullopt;
  return modules_[module]->map.address_of(offset);
}

void UnwindModules::build_page(uint32_t id, uint32_t page) {
  if (id >= modules_.size() || !modules_[id] || page >= modules_[id]->page_count) return;
  Module& module = *modules_[id];
  if (module.chunk_bytes[page] != 0) return;
  uint64_t started = now_ns();
  uint64_t begin = (uint64_t{module.first_page} + page) << PS_CODE_PAGE_BITS;
  Chunk chunk = build_chunk(module.table.rows(begin, begin + kCodePage, module.bytes), begin);
  std::optional<uint32_t> address = memory_.allocate(chunk.bytes.size());
  if (!address) {
    ++pages_refused_;
    return;  // still marked as requested: asked for again after the next eviction
  }
  std::memcpy(memory_.at(*address), chunk.bytes.data(), chunk.bytes.size());
  ps_code_page* entry = entry_of(memory_, module.pages, page);
  publish(entry, *address);
  entry->requested = 0;
  module.chunk_bytes[page] = static_cast<uint32_t>(chunk.bytes.size());
  ++pages_built_;
  unsupported_rows_ += chunk.unsupported_rows;
  build_ns_ += now_ns() - started;
}

void UnwindModules::evict() {
  bool short_of_memory = memory_.used_bytes() > memory_.budget_bytes() / 4 * 3;
  for (std::optional<Module>& module : modules_) {
    for (uint32_t page = 0; module && page < module->page_count; ++page) {
      ps_code_page* entry = entry_of(memory_, module->pages, page);
      bool idle = entry->accessed == 0;
      entry->accessed = entry->requested = 0;
      if (!short_of_memory || !idle || entry->chunk == 0) continue;
      uint32_t chunk = entry->chunk;
      publish(entry, 0);
      memory_.release(chunk, module->chunk_bytes[page]);
      module->chunk_bytes[page] = 0;
      ++pages_evicted_;
    }
  }
}

}  // namespace perfscope::capture
