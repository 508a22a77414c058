#include "symbolizer/debug_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <lzma.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "symbolizer/elf_symbols.h"

namespace perfscope::symbolizer {
namespace {

// A larger file is not read through for its checksum; build-ids do not need that.
constexpr uint64_t kMaxChecksummedSize = uint64_t{512} << 20;

struct DebugLink {
  std::string name;
  uint32_t checksum = 0;
};

// Opens a path below the root of a process. The owner of that root may have placed symbolic links
// that lead out of it, or devices whose mere opening has side effects: links are resolved as the
// process would resolve them, and the file is opened only once it is known to be a regular one.
Fd open_regular(const std::string& root, const std::string& path) {
  Fd directory(::open(root.empty() ? "/" : root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return Fd();
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Fd found(
      static_cast<int>(::syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how)));
  if (!found && (errno == ENOSYS || errno == EPERM) && root.empty())  // before Linux 5.6, seccomp
    found = Fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!found || ::fstat(found.get(), &status) != 0 || !S_ISREG(status.st_mode)) return Fd();
  Result<Fd> file = open_readonly("/proc/self/fd/" + std::to_string(found.get()));
  return file ? std::move(*file) : Fd();
}

std::optional<DebugLink> read_debug_link(const ElfImage& binary) {
  const Section* section = binary.section(".gnu_debuglink");
  if (section == nullptr) return std::nullopt;
  const std::string bytes = binary.contents(*section, 4096);
  DebugLink link;
  link.name = bytes.substr(0, bytes.find('\0'));
  std::size_t checksum_at = (link.name.size() + 1 + 3) & ~std::size_t{3};
  // The name is a file's, not a path: a foreign binary must not choose directories.
  bool is_file_name = !link.name.empty() && link.name != "." && link.name != ".." &&
                      link.name.find('/') == std::string::npos;
  if (!is_file_name || checksum_at + sizeof link.checksum > bytes.size()) return std::nullopt;
  std::memcpy(&link.checksum, bytes.data() + checksum_at, sizeof link.checksum);
  return link;
}

std::optional<uint32_t> checksum(const ByteSource& bytes) {
  if (bytes.size() > kMaxChecksummedSize) return std::nullopt;
  std::array<uint8_t, 65536> chunk{};
  uint32_t crc = 0;
  for (uint64_t at = 0; at < bytes.size();) {
    auto count = static_cast<std::size_t>(std::min<uint64_t>(chunk.size(), bytes.size() - at));
    if (!bytes.read(at, chunk.data(), count)) return std::nullopt;
    crc = lzma_crc32(chunk.data(), count, crc);  // the polynomial of .gnu_debuglink
    at += count;
  }
  return crc;
}

class Finder {
 public:
  Finder(const ElfImage& binary, const DebugFileQuery& query)
      : binary_(binary), query_(query), build_id_(binary.build_id()) {}

  std::optional<ElfImage> by_build_id() const {
    if (build_id_.size() < 4) return std::nullopt;
    const std::string name =
        "/.build-id/" + build_id_.substr(0, 2) + "/" + build_id_.substr(2) + ".debug";
    for (const std::string& debug_root : query_.debug_roots)
      for (const std::string& root : roots())
        if (auto image = open(root, debug_root + name, nullptr)) return image;
    return std::nullopt;
  }

  std::optional<ElfImage> by_debug_link() const {
    const std::optional<DebugLink> link = read_debug_link(binary_);
    if (!link || !query_.path.starts_with('/')) return std::nullopt;
    const std::string directory = query_.path.substr(0, query_.path.rfind('/'));
    for (const std::string& place : {directory + "/", directory + "/.debug/"})
      if (auto image = open(query_.root, place + link->name, &*link)) return image;
    for (const std::string& debug_root : query_.debug_roots)
      for (const std::string& root : roots())
        if (auto image = open(root, debug_root + directory + "/" + link->name, &*link))
          return image;
    return std::nullopt;
  }

 private:
  // Where to look for debug roots: the process's, then the host's.
  std::vector<std::string> roots() const {
    if (query_.root.empty()) return {""};
    return {query_.root, ""};
  }

  std::optional<ElfImage> open(const std::string& root, const std::string& path,
                               const DebugLink* link) const {
    Result<ByteSource> source = ByteSource::from_file(open_regular(root, path));
    if (!source) return std::nullopt;
    Result<ElfImage> image = ElfImage::parse(std::move(*source));
    if (!image || !belongs(*image, link)) return std::nullopt;
    return std::move(*image);
  }

  bool belongs(const ElfImage& image, const DebugLink* link) const {
    if (image.machine() != binary_.machine() || image.is_64_bit() != binary_.is_64_bit())
      return false;
    if (count_symbol_entries(image, SHT_SYMTAB) == 0) return false;
    const std::string build_id = image.build_id();
    if (!build_id.empty() && !build_id_.empty()) return build_id == build_id_;
    return link != nullptr && checksum(image.bytes()) == link->checksum;
  }

  const ElfImage& binary_;
  const DebugFileQuery& query_;
  std::string build_id_;
};

}  // namespace

std::optional<ElfImage> find_debug_file(const ElfImage& binary, const DebugFileQuery& query) {
  Finder finder(binary, query);
  if (auto image = finder.by_build_id()) return image;
  return finder.by_debug_link();
}

}  // namespace perfscope::symbolizer
