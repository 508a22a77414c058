// From unwind rules to the chunks that the kernel side reads; bpf/unwind_wire.h has the layout.
#pragma once

#include <cstdint>
#include <vector>

#include "symbolizer/cfi.h"

namespace perfscope::capture {

struct Chunk {
  std::vector<uint8_t> bytes;
  uint32_t unsupported_rows = 0;  // became PS_RULE_BAD
};

// PS_RULE_BAD when the rule does not fit.
uint32_t encode_rule(const symbolizer::UnwindRule& rule);

// The chunk for the code page that begins at `page_begin`. `rows` as UnwindTable::rows gives them.
Chunk build_chunk(const std::vector<symbolizer::UnwindRow>& rows, uint64_t page_begin);

}  // namespace perfscope::capture
