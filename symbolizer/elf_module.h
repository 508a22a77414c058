// ElfModule: everything known about the functions of one binary.
#pragma once

#include <cstdint>
#include <optional>

#include "symbolizer/debug_file.h"
#include "symbolizer/elf_image.h"
#include "symbolizer/function_bounds.h"
#include "symbolizer/symbol_table.h"

namespace perfscope::symbolizer {

class ElfModule {
 public:
  struct Function {
    uint64_t start_offset = 0;  // in the file
    std::string_view name;      // mangled; empty when only the bounds are known
  };

  // Collects the symbols of the binary and of its debug file.
  ElfModule(const ElfImage& binary, const DebugFileQuery& query);

  // The function at a file offset. `bytes` is the binary; when it is null, functions without a
  // symbol are not found.
  std::optional<Function> find(uint64_t offset, const ByteSource* bytes);

  std::size_t symbols() const { return symbols_.size(); }
  uint64_t memory_bytes() const;

 private:
  std::optional<FunctionBounds::Range> find_bounds(uint64_t address, const ByteSource* bytes);

  AddressMap map_;
  SymbolTable symbols_;
  Segment unwind_header_;                 // .eh_frame_hdr; size 0: none
  std::optional<FunctionBounds> bounds_;  // read when first needed
  bool is_64_bit_;
};

}  // namespace perfscope::symbolizer
