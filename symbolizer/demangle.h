// Mangled names to source names: C++ (Itanium ABI) and Rust (legacy and v0, without their hashes).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace perfscope::symbolizer {

constexpr std::size_t kMaxMangledName = 16384;   // longer ones are returned as they are
constexpr std::size_t kMaxDemangledName = 4096;  // longer ones are cut and end in "..."

// The demangled name, or the name itself when it is not mangled. A suffix "@plt" is kept.
std::string demangle(std::string_view name);

}  // namespace perfscope::symbolizer
