// ModuleCache: parsed modules, shared by build-id, the least recently used dropped first when they
// exceed a budget. Modules that could not be read are kept too, so that they are not tried again
// with every batch.
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "symbolizer/elf_module.h"
#include "symbolizer/symbol_table.h"
#include "symbolizer/symbolizer.h"

namespace perfscope::symbolizer {

// What a module is known by: its build-id and size, or its file's identity when it has none. The
// size is there because anyone can write another binary's build-id into his own.
struct ModuleKey {
  std::string build_id;
  uint64_t size_bytes = 0;
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t modified_ns = 0;

  auto operator<=>(const ModuleKey&) const = default;
};

struct CachedModule {
  ModuleKey key;
  Outcome failure = Outcome::kNoSymbol;  // why there is nothing; kNoSymbol: it was read
  std::optional<ElfModule> elf;
  SymbolTable perf_map;
  uint64_t version = 0;  // of a file that may be rewritten; see Symbolizer

  uint64_t memory_bytes() const;
};

class ModuleCache {
 public:
  explicit ModuleCache(uint64_t budget_bytes) : budget_bytes_(budget_bytes) {}

  // Null when unknown. The pointer is valid until the module is dropped: by put() or trim().
  CachedModule* find(const ModuleKey& key);
  // Any module of that build-id.
  CachedModule* find_build_id(const std::string& build_id);
  // Replaces the one with the same key.
  CachedModule& put(CachedModule module);

  // Counts anew the one that was used last, which may have grown, and drops others until the rest
  // keeps the budget. The last used one always stays.
  void trim();

  uint64_t held_bytes() const { return held_bytes_; }

 private:
  struct Slot {
    CachedModule module;
    uint64_t counted_bytes = 0;
  };
  using Slots = std::list<Slot>;

  CachedModule* use(Slots::iterator slot);
  void drop(Slots::iterator slot);

  uint64_t budget_bytes_;
  uint64_t held_bytes_ = 0;
  Slots slots_;  // the most recently used first
  std::map<ModuleKey, Slots::iterator> by_key_;
};

}  // namespace perfscope::symbolizer
