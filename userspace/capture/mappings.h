// The executable mappings of a process, as /proc/PID/maps lists them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perfscope::capture {

struct Mapping {
  uint64_t begin;
  uint64_t end;          // exclusive
  uint64_t file_offset;  // of `begin`
  uint64_t device;       // major << 32 | minor; 0 for memory without a file
  uint64_t inode;
  std::string path;  // as the process saw it, without " (deleted)"; "[vdso]", "" when anonymous
};

// Executable mappings in ascending order. Lines that do not parse are left out.
std::vector<Mapping> parse_maps(std::string_view maps_text);

// The mapping that holds the address.
const Mapping* find_mapping(const std::vector<Mapping>& sorted, uint64_t address);

}  // namespace perfscope::capture
