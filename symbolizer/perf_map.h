// Perf maps: /tmp/perf-PID.map, in which just-in-time compilers tell the names of their functions.
//
// Source: linux/tools/perf/Documentation/jit-interface.txt: lines "START SIZE name", hexadecimal.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "symbolizer/byte_source.h"
#include "symbolizer/symbol_table.h"

namespace perfscope::symbolizer {

constexpr std::size_t kMaxPerfMap = std::size_t{64} << 20;  // what is beyond is not read

// Where lines overlap, the later one is valid: compilers reuse memory and append to the file.
// Lines that cannot be read are skipped. Errors: kBadInput when no line could be read though there
// were some, kFailed when the file could not be.
Result<SymbolTable> read_perf_map(const ByteSource& file);

}  // namespace perfscope::symbolizer
