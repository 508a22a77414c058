// DwarfCursor: reads the numbers that DWARF and .eh_frame are made of, little-endian and bounded.
// Once it has run out of bytes it is no longer ok() and every further number is 0.
//
// Source: DWARF 5, 7.6 (LEB128); LSB 5.0 Core, 10.5 (DW_EH_PE).
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace perfscope::symbolizer {

class DwarfCursor {
 public:
  DwarfCursor(std::string_view bytes, bool is_64_bit) : bytes_(bytes), is_64_bit_(is_64_bit) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ >= bytes_.size(); }
  std::size_t position() const { return at_; }
  std::string_view rest() const { return bytes_.substr(at_); }

  uint64_t fixed(std::size_t size) {
    uint64_t value = 0;
    if (size > bytes_.size() - at_) return fail();
    std::memcpy(&value, bytes_.data() + at_, size);
    at_ += size;
    return value;
  }

  uint64_t leb128() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      uint64_t byte = fixed(1);
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return fail();
  }

  int64_t signed_leb128() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64;) {
      uint64_t byte = fixed(1);
      value |= (byte & 0x7f) << shift;
      shift += 7;
      if ((byte & 0x80) != 0) continue;
      if (shift < 64 && (byte & 0x40) != 0) value |= ~uint64_t{0} << shift;
      return static_cast<int64_t>(value);
    }
    return static_cast<int64_t>(fail());
  }

  std::string_view text() {
    std::size_t end = bytes_.find('\0', at_);
    if (end == std::string_view::npos) {
      fail();
      return "";
    }
    std::string_view found = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return found;
  }

  // The next `size` bytes.
  std::string_view block(uint64_t size) {
    if (size > bytes_.size() - at_) {
      fail();
      return "";
    }
    std::string_view found = bytes_.substr(at_, static_cast<std::size_t>(size));
    at_ += static_cast<std::size_t>(size);
    return found;
  }

  // A pointer's raw value, without its base; DW_EH_PE formats in the low four bits.
  uint64_t encoded(uint8_t encoding) {
    switch (encoding & 0x0f) {
      case 0x00: return fixed(is_64_bit_ ? 8 : 4);  // absptr
      case 0x01: return leb128();
      case 0x09: return static_cast<uint64_t>(signed_leb128());
      case 0x02: return fixed(2);
      case 0x0a: return static_cast<uint64_t>(int64_t{static_cast<int16_t>(fixed(2))});
      case 0x03: return fixed(4);
      case 0x0b: return static_cast<uint64_t>(int64_t{static_cast<int32_t>(fixed(4))});
      case 0x04:
      case 0x0c: return fixed(8);
      default: return fail();
    }
  }

 private:
  uint64_t fail() {
    ok_ = false;
    at_ = bytes_.size();
    return 0;
  }

  std::string_view bytes_;
  bool is_64_bit_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace perfscope::symbolizer
