#include "base/result.h"

#include <system_error>

namespace perfscope {

Error errno_error(ErrorCode code, const std::string& what, int errno_value) {
  return {code, what + ": " + std::generic_category().message(errno_value)};
}

}  // namespace perfscope
