// Text that came from outside (process names, paths, symbols) on its way to people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace perfscope {

// Replaces control characters and invalid UTF-8, so that neither a process name nor a symbol can
// send escape sequences to a terminal: a control byte becomes '?', invalid UTF-8 U+FFFD.
std::string printable(std::string_view text);

// Number of terminal columns, counting each code point as one.
std::size_t columns(std::string_view utf8);

// Exactly `width` columns: cut with an ellipsis, or padded with blanks on the right.
std::string fit(std::string_view utf8, std::size_t width);

}  // namespace perfscope
