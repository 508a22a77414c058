#include <cstddef>
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  perfscope::fuzz::unwind_elf({reinterpret_cast<const char*>(data), size});
  return 0;
}
