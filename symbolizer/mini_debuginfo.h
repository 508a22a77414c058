// The compressed symbol table that some distributions leave in stripped binaries (.gnu_debugdata).
//
// Source: GDB manual, "Debugging information in a special section" (MiniDebugInfo).
#pragma once

#include <optional>

#include "symbolizer/elf_image.h"

namespace perfscope::symbolizer {

constexpr std::size_t kMaxMiniDebuginfo = std::size_t{64} << 20;  // decompressed

// Nothing when the section is missing, damaged, or larger than the bound.
std::optional<ElfImage> read_mini_debuginfo(const ElfImage& binary);

}  // namespace perfscope::symbolizer
