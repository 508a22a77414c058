// ElfImage: the headers of an ELF file, checked and normalised to 64 bits, and bounded access to
// the contents they describe. Little-endian 32- and 64-bit files; other byte orders are refused.
//
// Source: System V ABI, chapters 4 and 5 (gABI); the build-id note: binutils ld(1) --build-id.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "symbolizer/byte_source.h"

namespace perfscope::symbolizer {

struct Segment {
  uint32_t type = 0;   // PT_*
  uint32_t flags = 0;  // PF_*
  uint64_t offset = 0;
  uint64_t address = 0;
  uint64_t file_size = 0;
};

struct Section {
  std::string name;
  uint32_t type = 0;   // SHT_*
  uint64_t flags = 0;  // SHF_*
  uint64_t address = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
  uint64_t entry_size = 0;
  uint32_t link = 0;

  bool is_code() const;
  bool has_bytes() const;  // present in the file: not SHT_NOBITS and not compressed
};

// File offsets to link-time addresses and back, by PT_LOAD. Outlives the image it came from.
class AddressMap {
 public:
  AddressMap() = default;
  explicit AddressMap(std::span<const Segment> segments);

  std::optional<uint64_t> address_of(uint64_t offset) const;
  std::optional<uint64_t> offset_of(uint64_t address) const;
  uint64_t memory_bytes() const { return loads_.capacity() * sizeof(Segment); }

 private:
  std::vector<Segment> loads_;  // executable ones first: the addresses asked for are code
};

class ElfImage {
 public:
  static constexpr std::size_t kMaxSegments = 1024;
  static constexpr std::size_t kMaxSections = 65536;

  // Errors: kBadInput when the file is no ELF file of this byte order or exceeds a bound. Section
  // headers that are missing or damaged are not an error: stripped files may lack them.
  static Result<ElfImage> parse(ByteSource source);

  bool is_64_bit() const { return is_64_bit_; }
  uint16_t machine() const { return machine_; }
  std::span<const Segment> segments() const { return segments_; }
  std::span<const Section> sections() const { return sections_; }
  const Section* section(std::string_view name) const;
  const Section* section_of_type(uint32_t type) const;
  const ByteSource& bytes() const { return source_; }
  // Takes the bytes out of the image, which has none afterwards.
  ByteSource take_bytes() { return std::move(source_); }

  // At most `limit` bytes of the section's contents; "" when it has none in the file.
  std::string contents(const Section& section, std::size_t limit) const;

  // Lower-case hexadecimal, "" when the file has none.
  std::string build_id() const;

 private:
  explicit ElfImage(ByteSource source) : source_(std::move(source)) {}
  template <typename Class>
  Status parse_headers();
  template <typename Class>
  void parse_sections(uint64_t table_offset, std::size_t count, std::size_t names_index);

  ByteSource source_;
  bool is_64_bit_ = true;
  uint16_t machine_ = 0;
  std::vector<Segment> segments_;
  std::vector<Section> sections_;
};

}  // namespace perfscope::symbolizer
