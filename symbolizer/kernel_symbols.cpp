#include "symbolizer/kernel_symbols.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include <unistd.h>

#include "symbolizer/kallsyms_cache.h"

namespace perfscope::symbolizer {
namespace {

constexpr uint64_t kFirstPatience_ns = 1'000'000'000;
constexpr uint64_t kLastPatience_ns = 60'000'000'000;
constexpr std::size_t kMaxKallsyms = std::size_t{256} << 20;
constexpr std::string_view kBpf = "[bpf]";

uint64_t monotonic_ns() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::nanoseconds(now).count());
}

}  // namespace

KernelSymbols::KernelSymbols(const std::string& proc_root, Clock clock, std::string cache)
    : path_(proc_root + "/kallsyms"),
      boot_id_path_(proc_root + "/sys/kernel/random/boot_id"),
      cache_(std::move(cache)),
      clock_(clock ? std::move(clock) : monotonic_ns),
      patience_ns_(kFirstPatience_ns) {}

KernelSymbols::Location KernelSymbols::find(uint64_t address) {
  ensure_loaded();
  std::optional<SymbolTable::Match> match = kallsyms_.symbols.find(address);
  bool may_reload = is_from_cache_ || clock_() - loaded_at_ns_ >= patience_ns_;
  if (!match && may_reload) {
    load();
    match = kallsyms_.symbols.find(address);
    patience_ns_ = match ? kFirstPatience_ns : std::min(2 * patience_ns_, kLastPatience_ns);
  }
  if (!match) return {state_, "", "", 0};
  return {Outcome::kNamed, match->name, kallsyms_.modules[match->tag].name, match->start};
}

uint64_t KernelSymbols::text_base(std::string_view module) {
  if (module == kBpf) return 0;
  if (auto told = told_bases_.find(module); told != told_bases_.end()) return told->second;
  ensure_loaded();
  if (is_from_cache_ && module != "[kernel]") load();
  for (const KernelModule& known : kallsyms_.modules) {
    if (known.name != module || known.text_base == UINT64_MAX) continue;
    told_bases_.emplace(known.name, known.text_base);
    return known.text_base;
  }
  return 0;
}

void KernelSymbols::ensure_loaded() {
  if (loads_ == 0 && !load_cached()) load();
}

bool KernelSymbols::load_cached() {
  if (cache_.empty()) return false;
  uint64_t started_ns = clock_();
  std::optional<std::string> text = read_kallsyms_cache(cache_, read_line(boot_id_path_));
  if (!text) return false;
  KallsymsParser parser;
  parser.feed(*text);
  kallsyms_ = parser.finish();
  is_from_cache_ = true;
  loaded_at_ns_ = clock_();
  load_ns_ += loaded_at_ns_ - started_ns;
  ++loads_;
  return true;
}

void KernelSymbols::load() {
  uint64_t started_ns = clock_();
  KallsymsParser parser;
  state_ = read_all(parser);
  Kallsyms fresh = parser.finish();
  if (fresh.is_restricted)
    state_ = Outcome::kRestricted;
  else if (state_ == Outcome::kNoSymbol && fresh.symbols.empty())
    state_ = Outcome::kMalformed;
  kallsyms_ = std::move(fresh);
  if (!cache_.empty() && !is_from_cache_ && state_ == Outcome::kNoSymbol)
    write_kallsyms_cache(cache_, read_line(boot_id_path_), kallsyms_);
  is_from_cache_ = false;
  loaded_at_ns_ = clock_();
  load_ns_ += loaded_at_ns_ - started_ns;
  ++loads_;
}

// Piece by piece: the text is several times the size of the table made from it.
Outcome KernelSymbols::read_all(KallsymsParser& parser) const {
  Result<Fd> file = open_readonly(path_);
  if (!file) return Outcome::kUnreadable;
  std::string piece(65536, '\0');
  for (std::size_t total = 0; total < kMaxKallsyms;) {
    ssize_t got = ::read(file->get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Outcome::kUnreadable;
    if (got == 0) break;
    parser.feed({piece.data(), static_cast<std::size_t>(got)});
    total += static_cast<std::size_t>(got);
  }
  return Outcome::kNoSymbol;
}

}  // namespace perfscope::symbolizer
