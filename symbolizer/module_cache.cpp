#include "symbolizer/module_cache.h"

#include <iterator>
#include <utility>

namespace perfscope::symbolizer {

uint64_t CachedModule::memory_bytes() const {
  constexpr uint64_t kBookkeeping = 256;  // list and map nodes
  return kBookkeeping + sizeof *this + key.build_id.capacity() + perf_map.memory_bytes() +
         (elf ? elf->memory_bytes() : 0);
}

CachedModule* ModuleCache::use(Slots::iterator slot) {
  slots_.splice(slots_.begin(), slots_, slot);
  return &slot->module;
}

CachedModule* ModuleCache::find(const ModuleKey& key) {
  auto known = by_key_.find(key);
  return known == by_key_.end() ? nullptr : use(known->second);
}

CachedModule* ModuleCache::find_build_id(const std::string& build_id) {
  auto known = by_key_.lower_bound(ModuleKey{.build_id = build_id});
  if (known == by_key_.end() || known->first.build_id != build_id) return nullptr;
  return use(known->second);
}

CachedModule& ModuleCache::put(CachedModule module) {
  if (auto known = by_key_.find(module.key); known != by_key_.end()) drop(known->second);
  slots_.push_front({std::move(module), 0});
  by_key_[slots_.front().module.key] = slots_.begin();
  trim();
  return slots_.front().module;
}

void ModuleCache::drop(Slots::iterator slot) {
  held_bytes_ -= slot->counted_bytes;
  by_key_.erase(slot->module.key);
  slots_.erase(slot);
}

void ModuleCache::trim() {
  if (slots_.empty()) return;
  Slot& last_used = slots_.front();
  held_bytes_ -= last_used.counted_bytes;
  last_used.counted_bytes = last_used.module.memory_bytes();
  held_bytes_ += last_used.counted_bytes;
  while (held_bytes_ > budget_bytes_ && slots_.size() > 1) drop(std::prev(slots_.end()));
}

}  // namespace perfscope::symbolizer
