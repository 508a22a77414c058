// gzip: compression with a header that carries neither name nor time, so that equal input gives
// equal output.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace perfscope::output {

Result<std::string> gzip(std::string_view bytes);

}  // namespace perfscope::output
