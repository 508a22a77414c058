// The build-id of an ELF file: what tells one build of a binary from every other.
#pragma once

#include <string>

namespace perfscope::symbolizer {

// Lower-case hexadecimal; "" when the descriptor is no ELF file or the file has no build-id note.
// The descriptor is borrowed.
std::string read_build_id(int fd);

}  // namespace perfscope::symbolizer
