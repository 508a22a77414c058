#include "symbolizer/mini_debuginfo.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <lzma.h>

namespace perfscope::symbolizer {
namespace {

constexpr std::size_t kMaxCompressed = std::size_t{16} << 20;
constexpr uint64_t kDecoderMemoryLimit = uint64_t{80} << 20;  // xz -9 needs 65 MiB to decompress
constexpr std::size_t kFirstOutput = std::size_t{256} << 10;

// "" when the stream is damaged or exceeds a limit.
std::string decompress(std::string_view compressed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kDecoderMemoryLimit, 0) != LZMA_OK) return "";
  std::string out;
  stream.next_in = reinterpret_cast<const uint8_t*>(compressed.data());
  stream.avail_in = compressed.size();
  lzma_ret state = LZMA_OK;
  while (state == LZMA_OK && out.size() < kMaxMiniDebuginfo) {
    std::size_t used = out.size();
    out.resize(std::min(std::max(used * 2, kFirstOutput), kMaxMiniDebuginfo));
    stream.next_out = reinterpret_cast<uint8_t*>(out.data()) + used;
    stream.avail_out = out.size() - used;
    state = lzma_code(&stream, LZMA_FINISH);
  }
  out.resize(static_cast<std::size_t>(stream.total_out));
  lzma_end(&stream);
  if (state != LZMA_STREAM_END) return "";
  return out;
}

}  // namespace

std::optional<ElfImage> read_mini_debuginfo(const ElfImage& binary) {
  const Section* section = binary.section(".gnu_debugdata");
  if (section == nullptr || section->size > kMaxCompressed) return std::nullopt;
  std::string bytes = decompress(binary.contents(*section, kMaxCompressed));
  if (bytes.empty()) return std::nullopt;
  Result<ElfImage> image = ElfImage::parse(ByteSource::from_memory(std::move(bytes)));
  if (!image || image->machine() != binary.machine()) return std::nullopt;
  return std::move(*image);
}

}  // namespace perfscope::symbolizer
