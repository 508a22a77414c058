// Symbolizer: (module, offset) -> function names. Knows no profile, no process table, no probe.
//
// A caller describes a module once per batch and asks for many offsets at a time. Parsed tables are
// kept and shared by build-id, within a byte budget. An address that cannot be named is a value
// with a reason, never an error.
//
// The files read here are untrusted: they belong to whoever runs on the host. Every parser bounds
// its time and memory and must neither crash nor hang on any input.
//
// Not thread-safe: one Symbolizer per thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"

namespace perfscope::symbolizer {

class KernelSymbols;  // symbolizer/kernel_symbols.h

enum class SourceKind : uint8_t {
  kElf,      // offsets are file offsets of mapped ELF text
  kVdso,     // the [vdso] of this machine; offsets are relative to its start
  kKernel,   // offsets are absolute kernel addresses (kernel, modules and BPF programs alike)
  kPerfMap,  // /tmp/perf-PID.map; offsets are virtual addresses of the process
};

// Describes one module. All descriptors are borrowed for the call only.
struct ModuleSource {
  SourceKind kind = SourceKind::kElf;
  std::string name;      // short name for function bounds: "libfoo.so" in "libfoo.so+0x1234"
  std::string path;      // path inside the process's mount namespace; where debug files are sought
  std::string build_id;  // lower-case hexadecimal, empty when unknown
  std::string root;      // prefix of the process's root, such as /proc/123/root; "" for this host's
  int fd = -1;           // kElf: the file; kPerfMap: the map file; ignored for the others
};

enum class Outcome : uint8_t {
  kNamed,       // from a symbol table
  kBounds,      // no symbol; the function's bounds are known from .eh_frame: "name+0xstart_offset"
  kNoSymbol,    // nothing covers the offset
  kUnreadable,  // the file could not be read
  kMalformed,   // the file is not what it claims to be, or exceeds a bound
  kRestricted,  // kallsyms hides addresses (kptr_restrict)
};

struct Symbol {
  Outcome outcome = Outcome::kNoSymbol;
  std::string name;           // demangled; empty unless kNamed or kBounds
  std::string module;         // kKernel: "[kernel]", "[ext4]", "[bpf]"; else empty
  uint64_t start_offset = 0;  // of the function, in the unit of the question; 0 when unknown
};

// What the symbolizer did so far, for the bill.
struct Statistics {
  uint64_t modules_loaded = 0;
  uint64_t modules_failed = 0;
  uint64_t symbols_loaded = 0;
  uint64_t table_bytes = 0;  // held now
  uint64_t load_ns = 0;
};

struct Options {
  std::string proc_root = "/proc";  // where kallsyms is
  std::string kallsyms_cache{};     // file to keep the kernel's own names in until reboot; "": none
  std::vector<std::string> debug_roots{"/usr/lib/debug"};
  uint64_t cache_budget_bytes = uint64_t{24} << 20;  // least recently used tables go first
};

class Symbolizer {
 public:
  explicit Symbolizer(Options options = {});
  ~Symbolizer();
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  // One Symbol per offset, in the same order.
  std::vector<Symbol> symbolize(const ModuleSource& source, std::span<const uint64_t> offsets);

  const Statistics& statistics() const;

  // The table that kKernel is answered from, for callers that classify addresses themselves.
  KernelSymbols& kernel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace perfscope::symbolizer
