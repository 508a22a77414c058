// What the symbolizer's tests share: the ELF files built for them, nm's view of a file as truth,
// and files made on the spot.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "symbolizer/symbolizer.h"

namespace perfscope::symbolizer::test {

// Path of a file built by fixtures/build.sh.
std::string fixture(const std::string& name);

// A whole file.
std::string bytes_of(const std::string& path);

// An anonymous file with these contents.
Fd file_with(std::string_view contents);

// Name to address, from `nm` at the time the fixtures were built.
std::map<std::string, uint64_t> nm_of(const std::string& name);

// Options that look nowhere for debug files but below the root of the question.
Options no_host_debug_files();

// Asks a new symbolizer about one offset of one file.
Symbol symbol_at(const std::string& path, uint64_t offset, ModuleSource source = {},
                 Options options = no_host_debug_files());

}  // namespace perfscope::symbolizer::test
