// UnwindTable: the unwind rules of one x86-64 binary, computed page by page from its .eh_frame.
// Keeps an index of the frame descriptions, 8 bytes each, and reads the rest when asked.
//
// Source: LSB 5.0 Core, 10.6 "Exception Frames".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "symbolizer/cfi.h"
#include "symbolizer/elf_image.h"

namespace perfscope::symbolizer {

class UnwindTable {
 public:
  static constexpr std::size_t kMaxFunctions = std::size_t{2} << 20;
  // Padding between two functions is never executed; a wider space has no rule.
  static constexpr uint64_t kMaxPadding = 15;

  // Through .eh_frame_hdr where it has a sorted table, else by walking .eh_frame.
  // Errors (kBadInput): not x86-64, or nothing that could be used.
  static Result<UnwindTable> read(const ElfImage& image);

  // The rules of [begin, end), ascending, the first at `begin`, without repetitions. `bytes` is the
  // file that the table was read from.
  std::vector<UnwindRow> rows(uint64_t begin, uint64_t end, const ByteSource& bytes) const;

  uint64_t first_address() const { return base_; }
  uint64_t last_address() const { return base_ + index_.back().start; }  // start of a function
  std::size_t functions() const { return index_.size(); }
  // The start and the end of the code that frame descriptions cover.
  std::optional<FrameDescription> function(std::size_t index, const ByteSource& bytes) const;
  uint64_t memory_bytes() const { return index_.capacity() * sizeof(Entry); }

 private:
  struct Entry {
    uint32_t start;   // relative to base_
    uint32_t record;  // file offset relative to file_base_
  };
  struct Found {
    uint64_t start;
    uint64_t record;  // file offset
  };
  class Reader;

  Status index_by_header(const ElfImage& image);
  Status index_by_walk(const ElfImage& image);
  Status keep(std::vector<Found> found);

  uint64_t base_ = 0;
  uint64_t file_base_ = 0;
  AddressMap map_;
  std::vector<Entry> index_;
};

}  // namespace perfscope::symbolizer
