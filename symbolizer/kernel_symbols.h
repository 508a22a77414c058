// KernelSymbols: classifies and names kernel addresses: the kernel's own, its modules' and BPF
// programs'. Reads <proc_root>/kallsyms at the first question and again, at most once a second,
// when an address is not covered: a module or a BPF program may have been loaded since. Where
// reading again does not help, the next attempt waits twice as long, up to a minute: one read
// costs the kernel some 50 ms.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "symbolizer/kallsyms.h"
#include "symbolizer/symbolizer.h"

namespace perfscope::symbolizer {

class KernelSymbols {
 public:
  using Clock = std::function<uint64_t()>;  // monotonic, ns

  struct Location {
    Outcome outcome = Outcome::kNoSymbol;  // or kNamed, kUnreadable, kMalformed, kRestricted
    std::string_view name;                 // as in kallsyms; valid until the next call
    std::string_view module;               // "[kernel]", "[ext4]", "[bpf]"; the same validity
    uint64_t start = 0;                    // of the function
  };

  // `cache`, unless empty, is a file that keeps the kernel's own names until the next boot:
  // printing kallsyms costs the kernel some 50 ms of CPU each time. Modules and BPF programs, which
  // come and go, are not in it; the first address of theirs reads the real thing.
  explicit KernelSymbols(const std::string& proc_root = "/proc", Clock clock = {},
                         std::string cache = "");

  Location find(uint64_t address);

  // The address to which offsets in that module are relative: `_text` for "[kernel]", the lowest
  // function of a module, and 0 for "[bpf]", whose programs come and go one by one. 0 when the
  // module is unknown. Once told, the base of a module stays the same for the life of this object,
  // so that base + offset is always the address the offset was made from.
  uint64_t text_base(std::string_view module);

  std::size_t size() const { return kallsyms_.symbols.size(); }
  uint64_t memory_bytes() const { return kallsyms_.symbols.memory_bytes(); }
  uint64_t load_ns() const { return load_ns_; }  // all loads together
  uint64_t loads() const { return loads_; }

 private:
  void ensure_loaded();
  void load();
  bool load_cached();
  Outcome read_all(KallsymsParser& parser) const;

  std::string path_;
  std::string boot_id_path_;
  std::string cache_;
  bool is_from_cache_ = false;
  Clock clock_;
  Kallsyms kallsyms_;
  Outcome state_ = Outcome::kNoSymbol;  // what is wrong with the whole table; kNoSymbol: nothing
  uint64_t loaded_at_ns_ = 0;
  uint64_t patience_ns_;  // after which an unknown address makes it read again
  uint64_t load_ns_ = 0;
  uint64_t loads_ = 0;
  std::map<std::string, uint64_t, std::less<>> told_bases_;
};

}  // namespace perfscope::symbolizer
