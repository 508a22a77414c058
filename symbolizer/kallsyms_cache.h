// The names of the kernel proper, kept in a file from one recording to the next.
//
// The kernel's own functions do not move until it is booted again, and printing /proc/kallsyms
// costs tens of milliseconds. The file tells kernel addresses, so it is readable by its owner
// alone, and one that somebody else could have written is not trusted.
#pragma once

#include <optional>
#include <string>

#include "symbolizer/kallsyms.h"

namespace perfscope::symbolizer {

// The kept lines, in the format of kallsyms; nothing when there is no file for this boot.
std::optional<std::string> read_kallsyms_cache(const std::string& path, const std::string& boot_id);

// Keeps the functions of "[kernel]"; creates the folder. Failing is no error: there is no cache
// then.
void write_kallsyms_cache(const std::string& path, const std::string& boot_id,
                          const Kallsyms& kallsyms);

}  // namespace perfscope::symbolizer
