// SymbolTable: address ranges with names, compact and searchable in about 100 ns.
//
// One symbol costs 12 bytes and its name. Names are kept as found in the file; demangling is for
// the few that are looked up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perfscope::symbolizer {

class SymbolTable {
 public:
  struct Match {
    uint64_t start = 0;
    uint64_t size = 0;
    std::string_view name;  // lives as long as the table
    uint16_t tag = 0;
    bool size_is_guessed = false;  // the file gave no size: it ends where the next one starts
  };

  // The symbol that covers the address. Where ranges nest, the innermost.
  std::optional<Match> find(uint64_t address) const;

  // The symbol at a position, in ascending order of address. Precondition: index < size().
  Match at(std::size_t index) const { return match_at(index); }

  std::size_t size() const { return starts_.size(); }
  bool empty() const { return starts_.empty(); }
  uint64_t memory_bytes() const;

 private:
  friend class SymbolTableBuilder;
  static constexpr uint32_t kGuessed = 0x80000000;  // in Detail::size

  struct Detail {
    uint32_t size;
    uint32_t name;
  };
  struct Region {  // symbols from `first` on share the upper half of their address
    uint32_t high;
    uint32_t first;
  };
  struct TagRun {  // symbols from `first` on have this tag
    uint32_t first;
    uint16_t tag;
  };

  Match match_at(std::size_t index) const;
  const Region& region_of(std::size_t index) const;

  std::vector<Region> regions_;
  std::vector<TagRun> tags_;
  std::vector<uint32_t> starts_;  // lower halves, sorted within their region
  std::vector<Detail> details_;
  std::string names_;  // zero-terminated, back to back
};

// Collects symbols in any order and makes the table: sorts them, keeps one per address, gives those
// without a size an end.
class SymbolTableBuilder {
 public:
  static constexpr std::size_t kMaxSymbols = std::size_t{4} << 20;
  static constexpr std::size_t kMaxNamesBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMaxNameLength = 16384;  // longer ones are cut

  struct Candidate {
    uint64_t start = 0;
    uint64_t size = 0;             // 0: unknown
    uint64_t extent = UINT64_MAX;  // if the size is unknown: it ends after this at the latest
    uint16_t rank = 0;             // of several at one address the highest is kept
    uint16_t tag = 0;              // for the caller's use
    std::string_view name;         // copied
  };

  // False when the table is full and the candidate was left out.
  bool add(const Candidate& candidate);
  std::size_t size() const { return entries_.size(); }

  // Symbols of unknown size do not reach farther than this from a symbol of another tag; they are
  // different modules with other things between them.
  void set_reach_before_other_tag(uint64_t bytes) { reach_before_other_tag_ = bytes; }

  // Leaves the builder empty.
  SymbolTable build();

 private:
  struct Entry {
    uint64_t start;
    uint32_t size;
    uint32_t extent;
    uint32_t name;
    uint16_t rank;
    uint16_t tag;
  };

  std::string_view name_of(const Entry& entry) const { return names_.c_str() + entry.name; }
  bool is_better(const Entry& a, const Entry& b) const;
  void sort();
  void keep_best_per_address();
  void drop_labels_inside_functions();
  uint32_t guess_size(std::size_t index) const;

  std::vector<Entry> entries_;
  std::string names_;
  uint64_t reach_before_other_tag_ = UINT64_MAX;
};

}  // namespace perfscope::symbolizer
