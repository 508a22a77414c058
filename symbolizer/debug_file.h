// Finds the separate debug file of a stripped binary, by build-id or by .gnu_debuglink, on the
// file system only: nothing is ever asked of a network.
//
// Source: GDB manual, "Debugging Information in Separate Files".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "symbolizer/elf_image.h"

namespace perfscope::symbolizer {

struct DebugFileQuery {
  std::string path;  // of the binary, inside `root`
  std::string root;  // prefix of the process's root; "" for this host's
  std::vector<std::string> debug_roots;
};

// The first file that has a .symtab and belongs to the binary: it carries the same build-id, or,
// when one of the two has none, the checksum that the binary names.
std::optional<ElfImage> find_debug_file(const ElfImage& binary, const DebugFileQuery& query);

}  // namespace perfscope::symbolizer
