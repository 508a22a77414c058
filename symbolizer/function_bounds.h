// FunctionBounds: where functions start and end in a binary without symbols, from its unwind
// tables. They survive stripping because exceptions need them.
//
// Source: LSB 5.0 Core, 10.6 "Exception Frames" (.eh_frame, .eh_frame_hdr), 10.5 (DW_EH_PE).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "symbolizer/elf_image.h"

namespace perfscope::symbolizer {

class FunctionBounds {
 public:
  static constexpr uint64_t kMaxFunctions = uint64_t{2} << 20;

  struct Range {
    uint64_t start = 0;
    uint64_t size = 0;
  };

  // Reads the sorted table of the .eh_frame_hdr segment at `header` (an empty segment: none).
  // Empty when there is no such table or it is damaged.
  static FunctionBounds read(const ByteSource& bytes, const Segment& header);

  // The function that covers the address, by its frame description in `bytes`, the file that
  // the table was read from.
  std::optional<Range> find(uint64_t address, const ByteSource& bytes, const AddressMap& map,
                            bool is_64_bit) const;

  // The functions in ascending order: the start of each and where its frame description lies.
  uint64_t start(std::size_t index) const { return address_at(entries_[index].start); }
  uint64_t description(std::size_t index) const { return address_at(entries_[index].description); }
  std::size_t size() const { return entries_.size(); }
  uint64_t memory_bytes() const { return entries_.capacity() * sizeof(Entry); }

 private:
  struct Entry {  // relative to header_address_
    int32_t start;
    int32_t description;
  };

  uint64_t address_at(int32_t relative) const {
    return header_address_ + static_cast<uint64_t>(int64_t{relative});
  }

  uint64_t header_address_ = 0;
  std::vector<Entry> entries_;  // sorted by start
};

}  // namespace perfscope::symbolizer
