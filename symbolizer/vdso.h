// The [vdso]: the ELF image that the kernel maps into every process. It is the same for all 64-bit
// processes of a machine, so that the own one stands for all.
#pragma once

#include "base/result.h"
#include "symbolizer/byte_source.h"

namespace perfscope::symbolizer {

// A copy of the own [vdso]. Errors: kFailed when this process has none.
Result<ByteSource> read_vdso();

}  // namespace perfscope::symbolizer
