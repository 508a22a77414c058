#include "output/gzip.h"

#include <limits>

#include <zlib.h>

namespace perfscope::output {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // 16 asks zlib for a gzip header
constexpr int kMemoryLevel = 8;

}  // namespace

Result<std::string> gzip(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max())
    return Error(ErrorCode::kFailed, "gzip: more than 4 GiB; narrow the view");
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return Error(ErrorCode::kFailed, "gzip: out of memory");
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) return Error(ErrorCode::kFailed, "gzip: compression failed");
  return out;
}

}  // namespace perfscope::output
