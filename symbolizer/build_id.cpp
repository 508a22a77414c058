#include "symbolizer/build_id.h"

#include "symbolizer/elf_image.h"

namespace perfscope::symbolizer {

std::string read_build_id(int fd) {
  Result<ByteSource> bytes = ByteSource::from_fd(fd);
  if (!bytes) return "";
  Result<ElfImage> image = ElfImage::parse(std::move(*bytes));
  return image ? image->build_id() : "";
}

}  // namespace perfscope::symbolizer
