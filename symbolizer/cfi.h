// Call frame information of x86-64: from the bytes of an .eh_frame to rows "from this address on,
// the caller is found so".
//
// Source: DWARF 5, 6.4 "Call Frame Information"; LSB 5.0 Core, 10.6 "Exception Frames"; x86-64
// psABI, 3.6.2 (register numbers).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perfscope::symbolizer {

// How the canonical frame address (CFA) is found: the stack pointer before the call. The return
// address lies in the 8 bytes below it.
enum class CfaKind : uint8_t {
  kGap,           // no frame description covers the address
  kStackPointer,  // rsp + offset
  kFramePointer,  // rbp + offset
  kRegister,      // cfa_register + offset
  kPlt11,         // a PLT entry: rsp + 8, and 8 more from byte 11 of its 16 on
  kPlt10,         // … from byte 10 on
  kDereference,   // *(rbp + dereference_offset) + offset
  kStop,          // the return address is undefined: the outermost frame
  kSignal,        // a signal trampoline: the interrupted registers lie on the stack
  kUnsupported,
};

// Where the caller's value of a register is.
struct SavedRegister {
  enum class Place : uint8_t { kSame, kAtCfa, kAtFramePointer, kLost };
  Place place = Place::kSame;
  int64_t offset = 0;

  friend bool operator==(const SavedRegister&, const SavedRegister&) = default;
};

struct UnwindRule {
  CfaKind cfa = CfaKind::kGap;
  uint8_t cfa_register = 0;  // DWARF number
  int64_t cfa_offset = 0;
  int64_t dereference_offset = 0;
  SavedRegister rbp{};
  SavedRegister rbx{};

  friend bool operator==(const UnwindRule&, const UnwindRule&) = default;
};

struct UnwindRow {
  uint64_t address = 0;
  UnwindRule rule;
};

// A record of .eh_frame without its length field, and the address of its first byte.
struct FrameRecord {
  std::string_view bytes;
  uint64_t address = 0;
};

// What the interpreter keeps of a frame: the rule in the making.
struct FrameState {
  enum class ReturnAddress : uint8_t { kBelowCfa, kUndefined, kElsewhere };
  UnwindRule rule{.cfa = CfaKind::kUnsupported};
  ReturnAddress return_address = ReturnAddress::kElsewhere;
};

// A common information entry (CIE): what many frame descriptions share.
struct CommonFrame {
  uint64_t code_alignment = 1;
  int64_t data_alignment = 1;
  uint64_t return_register = 16;
  uint8_t pointer_encoding = 0;
  bool has_augmentation = false;
  bool is_signal = false;
  FrameState initial;

  // Nothing when it is damaged or of an unknown kind.
  static std::optional<CommonFrame> parse(const FrameRecord& record);
};

// A frame description entry (FDE): one function.
struct FrameDescription {
  uint64_t begin = 0;
  uint64_t end = 0;
  FrameRecord instructions;

  static std::optional<FrameDescription> parse(const FrameRecord& record,
                                               const CommonFrame& common);

  // Appends the rows for [from, to) within the function; the first is at its first address there.
  void append_rows(const CommonFrame& common, uint64_t from, uint64_t to,
                   std::vector<UnwindRow>& rows) const;
};

}  // namespace perfscope::symbolizer
