#include "symbolizer/vdso.h"

#include <algorithm>
#include <cstring>

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

namespace perfscope::symbolizer {
namespace {

// The auxiliary vector tells no size. The kernel made this image: its headers can be trusted.
std::size_t image_size(const char* image) {
  ElfW(Ehdr) header{};
  std::memcpy(&header, image, sizeof header);
  std::size_t size = header.e_shoff + std::size_t{header.e_shnum} * header.e_shentsize;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    std::memcpy(&segment, image + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD)
      size = std::max<std::size_t>(size, segment.p_offset + segment.p_filesz);
  }
  return size;
}

}  // namespace

Result<ByteSource> read_vdso() {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how the kernel passes it
  const auto* image = reinterpret_cast<const char*>(::getauxval(AT_SYSINFO_EHDR));
  if (image == nullptr) return Error(ErrorCode::kFailed, "this process has no vdso");
  return ByteSource::from_memory(std::string(image, image_size(image)));
}

}  // namespace perfscope::symbolizer
