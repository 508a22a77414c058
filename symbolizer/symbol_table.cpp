#include "symbolizer/symbol_table.h"

#include <algorithm>
#include <utility>

namespace perfscope::symbolizer {
namespace {

// How many symbols before the nearest one are asked whether they enclose the address. Nesting is
// rare and shallow; the bound keeps hostile tables from making lookups slow.
constexpr std::size_t kMaxWalkBack = 16;
constexpr uint64_t kMaxSize = 0x7fffffff;

// Of several names for one address people know the plain one: "read", not "__read". The underscore
// that starts a mangled name is part of the mangling.
std::size_t leading_underscores(std::string_view name) {
  if (name.starts_with("_Z") || name.starts_with("_R")) return 0;
  return std::min(name.find_first_not_of('_'), name.size());
}

}  // namespace

std::optional<SymbolTable::Match> SymbolTable::find(uint64_t address) const {
  auto high = static_cast<uint32_t>(address >> 32);
  auto region = std::upper_bound(regions_.begin(), regions_.end(), high,
                                 [](uint32_t value, const Region& r) { return value < r.high; });
  if (region == regions_.begin()) return std::nullopt;
  std::size_t end = region == regions_.end() ? starts_.size() : region->first;
  --region;
  std::size_t after = end;
  if (region->high == high) {
    auto first = starts_.begin() + region->first;
    auto last = starts_.begin() + static_cast<std::ptrdiff_t>(end);
    after = static_cast<std::size_t>(std::upper_bound(first, last, static_cast<uint32_t>(address)) -
                                     starts_.begin());
  }
  std::size_t lowest = after > kMaxWalkBack ? after - kMaxWalkBack : 0;
  for (std::size_t index = after; index > lowest; --index) {
    uint64_t start = uint64_t{region_of(index - 1).high} << 32 | starts_[index - 1];
    if (address - start < (details_[index - 1].size & ~kGuessed)) return match_at(index - 1);
  }
  return std::nullopt;
}

const SymbolTable::Region& SymbolTable::region_of(std::size_t index) const {
  auto after = std::upper_bound(regions_.begin(), regions_.end(), index,
                                [](std::size_t value, const Region& r) { return value < r.first; });
  return *(after - 1);
}

SymbolTable::Match SymbolTable::match_at(std::size_t index) const {
  Match match;
  match.start = uint64_t{region_of(index).high} << 32 | starts_[index];
  match.size = details_[index].size & ~kGuessed;
  match.size_is_guessed = (details_[index].size & kGuessed) != 0;
  match.name = names_.c_str() + details_[index].name;
  auto after = std::upper_bound(tags_.begin(), tags_.end(), index,
                                [](std::size_t value, const TagRun& r) { return value < r.first; });
  match.tag = (after - 1)->tag;
  return match;
}

uint64_t SymbolTable::memory_bytes() const {
  return regions_.capacity() * sizeof(Region) + tags_.capacity() * sizeof(TagRun) +
         starts_.capacity() * sizeof(uint32_t) + details_.capacity() * sizeof(Detail) +
         names_.capacity();
}

bool SymbolTableBuilder::add(const Candidate& candidate) {
  std::string_view name = candidate.name.substr(0, kMaxNameLength);
  if (entries_.size() >= kMaxSymbols || names_.size() + name.size() >= kMaxNamesBytes) return false;
  entries_.push_back({candidate.start, static_cast<uint32_t>(std::min(candidate.size, kMaxSize)),
                      static_cast<uint32_t>(std::min(candidate.extent, kMaxSize)),
                      static_cast<uint32_t>(names_.size()), candidate.rank, candidate.tag});
  names_.append(name);
  names_.push_back('\0');
  return true;
}

bool SymbolTableBuilder::is_better(const Entry& a, const Entry& b) const {
  if (a.rank != b.rank) return a.rank > b.rank;
  std::string_view left = name_of(a);
  std::string_view right = name_of(b);
  std::size_t left_underscores = leading_underscores(left);
  std::size_t right_underscores = leading_underscores(right);
  if (left_underscores != right_underscores) return left_underscores < right_underscores;
  if (left.size() != right.size()) return left.size() < right.size();
  return left < right;  // so that the answer never depends on the order of the input
}

void SymbolTableBuilder::sort() {
  auto by_start = [](const Entry& a, const Entry& b) { return a.start < b.start; };
  if (!std::is_sorted(entries_.begin(), entries_.end(), by_start))
    std::sort(entries_.begin(), entries_.end(), by_start);
}

void SymbolTableBuilder::keep_best_per_address() {
  std::size_t kept = 0;
  for (const Entry& entry : entries_) {
    if (kept == 0 || entries_[kept - 1].start != entry.start)
      entries_[kept++] = entry;
    else if (is_better(entry, entries_[kept - 1]))
      entries_[kept - 1] = entry;
  }
  entries_.resize(kept);
}

// A symbol without a size inside one that has a size is a label of hand-written assembly, not a
// function: the enclosing name is the one people look for.
void SymbolTableBuilder::drop_labels_inside_functions() {
  uint64_t covered_until = 0;
  std::erase_if(entries_, [&](const Entry& entry) {
    if (entry.size == 0) return entry.start < covered_until;
    uint64_t end = entry.start + std::min<uint64_t>(entry.size, UINT64_MAX - entry.start);
    covered_until = std::max(covered_until, end);
    return false;
  });
}

uint32_t SymbolTableBuilder::guess_size(std::size_t index) const {
  const Entry& entry = entries_[index];
  uint64_t size = entry.extent;
  bool is_last = index + 1 == entries_.size();
  if (!is_last) size = std::min(size, entries_[index + 1].start - entry.start);
  if (is_last || entries_[index + 1].tag != entry.tag)
    size = std::min(size, reach_before_other_tag_);
  return static_cast<uint32_t>(size);
}

SymbolTable SymbolTableBuilder::build() {
  sort();
  keep_best_per_address();
  drop_labels_inside_functions();

  std::size_t names_size = 0;
  for (const Entry& entry : entries_) names_size += name_of(entry).size() + 1;
  SymbolTable table;
  table.starts_.reserve(entries_.size());
  table.details_.reserve(entries_.size());
  table.names_.reserve(names_size);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    auto index = static_cast<uint32_t>(i);
    auto high = static_cast<uint32_t>(entry.start >> 32);
    if (table.regions_.empty() || table.regions_.back().high != high)
      table.regions_.push_back({high, index});
    if (table.tags_.empty() || table.tags_.back().tag != entry.tag)
      table.tags_.push_back({index, entry.tag});
    uint32_t size = entry.size != 0 ? entry.size : guess_size(i) | SymbolTable::kGuessed;
    table.starts_.push_back(static_cast<uint32_t>(entry.start));
    table.details_.push_back({size, static_cast<uint32_t>(table.names_.size())});
    table.names_.append(name_of(entry));
    table.names_.push_back('\0');
  }
  entries_ = {};
  names_ = {};
  return table;
}

}  // namespace perfscope::symbolizer
