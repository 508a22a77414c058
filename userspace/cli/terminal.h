// stdout: what it is, and writing data to it.
#pragma once

#include <string>

#include "base/result.h"
#include "output/report.h"

namespace perfscope::cli {

// Width and colour of the terminal on stdout; 100 columns without colour elsewhere. NO_COLOR is
// heeded (https://no-color.org).
output::TextOptions text_options();
bool stdout_is_terminal();

// Writes all of it to stdout; 0. A reader that went away (a pipe to head) is no error.
Result<int> print(const std::string& text);

}  // namespace perfscope::cli
