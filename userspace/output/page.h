// The flame graph's page, built from web/ and compiled into the program.
#pragma once

#include <string_view>

namespace perfscope::output {

// HTML with {{PERFSCOPE_TITLE}} and {{PERFSCOPE_DATA}} where the two belong.
std::string_view page_template();

}  // namespace perfscope::output
