// Layout of text for terminals: everything in columns, nothing wider than it may be.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace perfscope::output {

// Padded with blanks on the left; longer text stays whole.
std::string right_aligned(const std::string& text, std::size_t width);

// The text itself when it fits, else cut with an ellipsis: at its end, or in its middle, which
// keeps both the namespace and the last part of a long symbol.
std::string shortened(const std::string& text, std::size_t width);
std::string shortened_in_middle(const std::string& text, std::size_t width);

// Lines of at most `width` columns. Breaks only between items, which are joined by `joint`; an item
// that is too wide for a line is shortened.
std::vector<std::string> wrapped(const std::vector<std::string>& items, const std::string& joint,
                                 std::size_t width);
// The same for running text, between words.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

// "1 thread", "2,000 threads".
std::string counted(std::size_t count, const std::string& singular, const std::string& plural);

}  // namespace perfscope::output
