#include "symbolizer/function_bounds.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "symbolizer/dwarf_cursor.h"

namespace perfscope::symbolizer {
namespace {

// DW_EH_PE_*: the low four bits are the format, the next three the base.
constexpr uint8_t kEncodingOmit = 0xff;
constexpr uint8_t kEncodingDataRelativeSdata4 = 0x3b;  // the only table that can be searched
constexpr std::size_t kMaxCieSize = 256;
constexpr std::size_t kMaxFdePrefix = 64;

// How a common information entry encodes the pointers of its frame descriptions.
std::optional<uint8_t> pointer_encoding(std::string_view cie, bool is_64_bit) {
  DwarfCursor cursor(cie, is_64_bit);
  if (cursor.fixed(4) == 0xffffffff) cursor.fixed(8);
  cursor.fixed(4);  // CIE id
  uint64_t version = cursor.fixed(1);
  std::string_view augmentation = cursor.text();
  if (!augmentation.starts_with('z')) return cursor.ok() ? std::optional<uint8_t>(0) : std::nullopt;
  cursor.leb128();  // code alignment
  cursor.leb128();  // data alignment
  if (version == 1)
    cursor.fixed(1);  // return address register
  else
    cursor.leb128();
  cursor.leb128();  // augmentation length
  uint8_t encoding = 0;
  for (char kind : augmentation.substr(1)) {
    if (kind == 'R') {
      encoding = static_cast<uint8_t>(cursor.fixed(1));
      break;
    }
    if (kind == 'L') cursor.fixed(1);
    if (kind == 'P') cursor.encoded(static_cast<uint8_t>(cursor.fixed(1)));
  }
  if (!cursor.ok() || encoding == kEncodingOmit) return std::nullopt;
  return encoding;
}

}  // namespace

FunctionBounds FunctionBounds::read(const ByteSource& bytes, const Segment& header) {
  FunctionBounds bounds;
  const std::string start = bytes.read_some(header.offset, 64);
  DwarfCursor cursor(start, true);
  if (cursor.fixed(1) != 1) return bounds;  // version
  auto frame_encoding = static_cast<uint8_t>(cursor.fixed(1));
  auto count_encoding = static_cast<uint8_t>(cursor.fixed(1));
  if (cursor.fixed(1) != kEncodingDataRelativeSdata4) return bounds;
  if (count_encoding == kEncodingOmit) return bounds;
  if (frame_encoding != kEncodingOmit) cursor.encoded(frame_encoding);
  uint64_t count = cursor.encoded(count_encoding);
  uint64_t room = header.file_size > cursor.position()
                      ? (header.file_size - cursor.position()) / sizeof(Entry)
                      : 0;
  if (!cursor.ok() || count == 0 || count > std::min(room, kMaxFunctions)) return bounds;
  if (count * sizeof(Entry) > bytes.size()) return bounds;  // before memory is set aside for it

  bounds.header_address_ = header.address;
  bounds.entries_.resize(static_cast<std::size_t>(count));
  if (!bytes.read(header.offset + cursor.position(), bounds.entries_.data(),
                  bounds.entries_.size() * sizeof(Entry)))
    return {};
  auto by_start = [](const Entry& a, const Entry& b) { return a.start < b.start; };
  if (!std::is_sorted(bounds.entries_.begin(), bounds.entries_.end(), by_start)) return {};
  return bounds;
}

std::optional<FunctionBounds::Range> FunctionBounds::find(uint64_t address, const ByteSource& bytes,
                                                          const AddressMap& map,
                                                          bool is_64_bit) const {
  auto relative = static_cast<int64_t>(address - header_address_);
  auto after =
      std::upper_bound(entries_.begin(), entries_.end(), relative,
                       [](int64_t value, const Entry& e) { return value < int64_t{e.start}; });
  if (after == entries_.begin()) return std::nullopt;
  const Entry& entry = *(after - 1);

  std::optional<uint64_t> fde_at = map.offset_of(address_at(entry.description));
  if (!fde_at) return std::nullopt;
  const std::string fde = bytes.read_some(*fde_at, kMaxFdePrefix);
  DwarfCursor cursor(fde, is_64_bit);
  if (cursor.fixed(4) == 0xffffffff) cursor.fixed(8);
  std::size_t cie_field = cursor.position();
  uint64_t distance = cursor.fixed(4);
  if (!cursor.ok() || distance == 0 || distance > *fde_at + cie_field) return std::nullopt;
  const std::string cie = bytes.read_some(*fde_at + cie_field - distance, kMaxCieSize);
  std::optional<uint8_t> encoding = pointer_encoding(cie, is_64_bit);
  if (!encoding) return std::nullopt;

  cursor.encoded(*encoding);  // the start, which the table has told
  Range range{address_at(entry.start), cursor.encoded(*encoding)};
  if (!cursor.ok() || address - range.start >= range.size) return std::nullopt;
  return range;
}

}  // namespace perfscope::symbolizer
