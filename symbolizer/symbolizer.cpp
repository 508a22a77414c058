#include "symbolizer/symbolizer.h"

#include <chrono>
#include <optional>
#include <utility>

#include <sys/stat.h>

#include "symbolizer/demangle.h"
#include "symbolizer/elf_module.h"
#include "symbolizer/kernel_symbols.h"
#include "symbolizer/module_cache.h"
#include "symbolizer/perf_map.h"
#include "symbolizer/vdso.h"

namespace perfscope::symbolizer {
namespace {

Symbol unnamed(Outcome outcome) {
  Symbol symbol;
  symbol.outcome = outcome;
  return symbol;
}

Outcome failure_of(const Error& error) {
  return error.code() == ErrorCode::kBadInput ? Outcome::kMalformed : Outcome::kUnreadable;
}

std::string hex(uint64_t value) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  do text.insert(text.begin(), kDigits[value & 15]);
  while ((value >>= 4) != 0);
  return "0x" + text;
}

uint64_t modified_ns(const struct stat& status) {
  return static_cast<uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(status.st_mtim.tv_nsec);
}

// Changes when the file is written to.
uint64_t version_of(const struct stat& status) {
  return modified_ns(status) * 31 + static_cast<uint64_t>(status.st_size);
}

ModuleKey key_of(const ModuleSource& source, const struct stat& status) {
  ModuleKey key;
  key.size_bytes = static_cast<uint64_t>(status.st_size);
  key.build_id = source.build_id;
  if (!source.build_id.empty()) return key;
  key.device = status.st_dev;
  key.inode = status.st_ino;
  key.modified_ns = static_cast<int64_t>(modified_ns(status));
  return key;
}

// A perf map is one file for the life of its process; what it says is a matter of its version.
ModuleKey perf_map_key(const struct stat& status) {
  return {.build_id = "perf-map", .device = status.st_dev, .inode = status.st_ino};
}

}  // namespace

class Symbolizer::Impl {
 public:
  explicit Impl(Options options)
      : options_(std::move(options)),
        kernel_(options_.proc_root, {}, options_.kallsyms_cache),
        cache_(options_.cache_budget_bytes) {}

  std::vector<Symbol> symbolize(const ModuleSource& source, std::span<const uint64_t> offsets) {
    switch (source.kind) {
      case SourceKind::kElf: return symbolize_elf(source, offsets);
      case SourceKind::kVdso: return symbolize_vdso(source, offsets);
      case SourceKind::kPerfMap: return symbolize_perf_map(source, offsets);
      case SourceKind::kKernel: return symbolize_kernel(offsets);
    }
    return all(offsets, Outcome::kNoSymbol);
  }

  const Statistics& statistics() {
    statistics_.table_bytes = cache_.held_bytes() + kernel_.memory_bytes();
    return statistics_;
  }

  KernelSymbols& kernel() { return kernel_; }

 private:
  static std::vector<Symbol> all(std::span<const uint64_t> offsets, Outcome outcome) {
    return {offsets.size(), unnamed(outcome)};
  }

  std::vector<Symbol> symbolize_elf(const ModuleSource& source, std::span<const uint64_t> offsets) {
    Result<ByteSource> bytes = ByteSource::from_fd(source.fd);
    struct stat status {};
    if (!bytes || ::fstat(source.fd, &status) != 0) {
      // The binary is out of reach by now, but another process's copy of it may be known.
      CachedModule* known =
          source.build_id.empty() ? nullptr : cache_.find_build_id(source.build_id);
      if (known == nullptr) return all(offsets, Outcome::kUnreadable);
      return name_elf(*known, source, offsets, nullptr);
    }
    const ModuleKey key = key_of(source, status);
    CachedModule* module = cache_.find(key);
    if (module == nullptr)
      module = &load_elf(key, source, [&] { return ByteSource::from_fd(source.fd); });
    return name_elf(*module, source, offsets, &*bytes);
  }

  std::vector<Symbol> symbolize_vdso(const ModuleSource& source,
                                     std::span<const uint64_t> offsets) {
    Result<ByteSource> bytes = read_vdso();
    if (!bytes) return all(offsets, Outcome::kUnreadable);
    const ModuleKey key{.build_id = "[vdso]"};
    CachedModule* module = cache_.find(key);
    if (module == nullptr) module = &load_elf(key, ModuleSource(), read_vdso);
    return name_elf(*module, source, offsets, &*bytes);
  }

  template <typename Open>
  CachedModule& load_elf(const ModuleKey& key, const ModuleSource& source, Open open) {
    CachedModule module;
    module.key = key;
    measure_load([&]() -> Result<std::size_t> {
      Result<ByteSource> bytes = open();
      if (!bytes) return fail(module, bytes.error());
      Result<ElfImage> image = ElfImage::parse(std::move(*bytes));
      if (!image) return fail(module, image.error());
      // A path may lead to another binary by now; its names would be wrong without a sign of it.
      const std::string build_id = source.build_id.empty() ? "" : image->build_id();
      if (!build_id.empty() && build_id != source.build_id)
        return fail(module, Error(ErrorCode::kBadInput, "another build-id than expected"));
      module.elf.emplace(*image, DebugFileQuery{source.path, source.root,
                                                source.path.empty() ? std::vector<std::string>{}
                                                                    : options_.debug_roots});
      return module.elf->symbols();
    });
    return cache_.put(std::move(module));
  }

  static Error fail(CachedModule& module, const Error& error) {
    module.failure = failure_of(error);
    return error;
  }

  template <typename Load>
  void measure_load(Load load) {
    auto started = std::chrono::steady_clock::now();
    Result<std::size_t> symbols = load();
    auto elapsed = std::chrono::steady_clock::now() - started;
    statistics_.load_ns += static_cast<uint64_t>(std::chrono::nanoseconds(elapsed).count());
    statistics_.symbols_loaded += symbols ? *symbols : 0;
    ++(symbols ? statistics_.modules_loaded : statistics_.modules_failed);
  }

  std::vector<Symbol> name_elf(CachedModule& module, const ModuleSource& source,
                               std::span<const uint64_t> offsets, const ByteSource* bytes) {
    if (!module.elf) return all(offsets, module.failure);
    std::vector<Symbol> symbols;
    symbols.reserve(offsets.size());
    for (uint64_t offset : offsets)
      symbols.push_back(name_function(module.elf->find(offset, bytes), source));
    cache_.trim();  // function bounds may have been read
    return symbols;
  }

  static Symbol name_function(const std::optional<ElfModule::Function>& function,
                              const ModuleSource& source) {
    Symbol symbol;
    if (!function) return symbol;
    symbol.start_offset = function->start_offset;
    symbol.outcome = function->name.empty() ? Outcome::kBounds : Outcome::kNamed;
    symbol.name = function->name.empty() ? source.name + "+" + hex(function->start_offset)
                                         : demangle(function->name);
    return symbol;
  }

  std::vector<Symbol> symbolize_perf_map(const ModuleSource& source,
                                         std::span<const uint64_t> offsets) {
    struct stat status {};
    Result<ByteSource> bytes = ByteSource::from_fd(source.fd);
    if (!bytes || ::fstat(source.fd, &status) != 0) return all(offsets, Outcome::kUnreadable);
    CachedModule* module = cache_.find(perf_map_key(status));
    if (module == nullptr || module->version != version_of(status))
      module = &load_perf_map(*bytes, status);
    if (module->failure != Outcome::kNoSymbol) return all(offsets, module->failure);
    std::vector<Symbol> symbols;
    symbols.reserve(offsets.size());
    for (uint64_t address : offsets) {
      Symbol& symbol = symbols.emplace_back();
      std::optional<SymbolTable::Match> match = module->perf_map.find(address);
      if (!match) continue;
      symbol.outcome = Outcome::kNamed;
      symbol.name = demangle(match->name);
      symbol.start_offset = match->start;
    }
    return symbols;
  }

  CachedModule& load_perf_map(const ByteSource& bytes, const struct stat& status) {
    CachedModule module;
    module.key = perf_map_key(status);
    module.version = version_of(status);
    measure_load([&]() -> Result<std::size_t> {
      Result<SymbolTable> table = read_perf_map(bytes);
      if (!table) return fail(module, table.error());
      module.perf_map = std::move(*table);
      return module.perf_map.size();
    });
    return cache_.put(std::move(module));
  }

  std::vector<Symbol> symbolize_kernel(std::span<const uint64_t> addresses) {
    std::vector<Symbol> symbols;
    symbols.reserve(addresses.size());
    for (uint64_t address : addresses) {
      KernelSymbols::Location location = kernel_.find(address);
      Symbol& symbol = symbols.emplace_back();
      symbol.outcome = location.outcome;
      if (location.outcome != Outcome::kNamed) continue;
      symbol.name = demangle(location.name);
      symbol.module = location.module;
      symbol.start_offset = location.start;
    }
    count_kernel_loads();
    return symbols;
  }

  void count_kernel_loads() {
    if (kernel_.loads() == counted_kernel_loads_) return;
    ++(kernel_.size() > 0 ? statistics_.modules_loaded : statistics_.modules_failed);
    statistics_.symbols_loaded += kernel_.size();
    statistics_.load_ns += kernel_.load_ns() - counted_kernel_load_ns_;
    counted_kernel_loads_ = kernel_.loads();
    counted_kernel_load_ns_ = kernel_.load_ns();
  }

  Options options_;
  KernelSymbols kernel_;
  ModuleCache cache_;
  Statistics statistics_;
  uint64_t counted_kernel_loads_ = 0;
  uint64_t counted_kernel_load_ns_ = 0;
};

Symbolizer::Symbolizer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Symbolizer::~Symbolizer() = default;

std::vector<Symbol> Symbolizer::symbolize(const ModuleSource& source,
                                          std::span<const uint64_t> offsets) {
  return impl_->symbolize(source, offsets);
}

const Statistics& Symbolizer::statistics() const { return impl_->statistics(); }

KernelSymbols& Symbolizer::kernel() { return impl_->kernel(); }

}  // namespace perfscope::symbolizer
