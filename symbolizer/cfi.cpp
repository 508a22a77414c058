#include "symbolizer/cfi.h"

#include <algorithm>

#include "symbolizer/dwarf_cursor.h"

namespace perfscope::symbolizer {
namespace {

using Place = SavedRegister::Place;
using ReturnAddress = FrameState::ReturnAddress;

constexpr uint64_t kRbx = 3;
constexpr uint64_t kRbp = 6;
constexpr uint64_t kRsp = 7;
constexpr std::size_t kMaxRemembered = 64;
constexpr uint64_t kMaxFunction = uint64_t{1} << 32;
constexpr uint64_t kMaxAddress = uint64_t{1} << 47;  // user space ends there

// A pointer with its base: absolute, or relative to its own place.
std::optional<uint64_t> pointer(DwarfCursor& cursor, const FrameRecord& record, uint8_t encoding) {
  uint64_t place = record.address + cursor.position();
  uint64_t value = cursor.encoded(encoding);
  switch (encoding & 0xf0) {
    case 0x00: break;
    case 0x10: value += place; break;  // pcrel
    default: return std::nullopt;      // textrel, datarel, funcrel, indirect: not for code here
  }
  return cursor.ok() ? std::optional<uint64_t>(value) : std::nullopt;
}

// "breg7 8; breg16 0; lit15; and; litN; ge; lit3; shl; plus": what linkers write for a PLT.
bool is_plt_expression(std::string_view code, char push_at) {
  std::string_view kHead("\x77\x08\x80\x00\x3f\x1a", 6);
  std::string_view kTail("\x2a\x33\x24\x22", 4);
  return code.size() == 11 && code.starts_with(kHead) && code.ends_with(kTail) &&
         code[6] == push_at;
}

// "breg6 n; deref" and "breg6 n; deref; plus_uconst k": realigned frames.
bool parse_dereference(std::string_view code, UnwindRule& rule) {
  DwarfCursor cursor(code, true);
  if (cursor.fixed(1) != 0x70 + kRbp) return false;
  rule.dereference_offset = cursor.signed_leb128();
  if (cursor.fixed(1) != 0x06) return false;
  rule.cfa_offset = 0;
  if (!cursor.at_end()) {
    if (cursor.fixed(1) != 0x23) return false;
    rule.cfa_offset = static_cast<int64_t>(cursor.leb128());
  }
  return cursor.ok() && cursor.at_end();
}

// Interprets the instructions of a CIE or an FDE.
class Interpreter {
 public:
  Interpreter(const CommonFrame& common, FrameState start, const FrameState* initial)
      : common_(common), state_(start), initial_(initial) {}

  // Runs to the end, or until `advance` (called with the new location's distance) says no more.
  template <typename Advance>
  void run(const FrameRecord& code, uint64_t begin, Advance advance) {
    DwarfCursor cursor(code.bytes, true);
    location_ = begin;
    while (!cursor.at_end() && cursor.ok()) {
      uint64_t next = location_;
      step(cursor, code, next);
      if (!cursor.ok()) break;
      if (next == location_) continue;
      if (!advance(location_, next, rule())) return;
      location_ = next;
    }
    if (!cursor.ok()) state_.rule.cfa = CfaKind::kUnsupported;
    advance(location_, ~uint64_t{0}, rule());
  }

  const FrameState& state() const { return state_; }

 private:
  void step(DwarfCursor& cursor, const FrameRecord& code, uint64_t& next) {
    uint64_t op = cursor.fixed(1);
    uint64_t low = op & 0x3f;
    switch (op & 0xc0) {
      case 0x40: next += low * common_.code_alignment; return;  // advance_loc
      case 0x80: save(low, factored(cursor.leb128())); return;  // offset
      case 0xc0: restore(low); return;                          // restore
      default: break;
    }
    switch (op) {
      case 0x00: return;  // nop
      case 0x01:          // set_loc
        next = std::max(next, pointer(cursor, code, common_.pointer_encoding).value_or(next));
        return;
      case 0x02: next += cursor.fixed(1) * common_.code_alignment; return;
      case 0x03: next += cursor.fixed(2) * common_.code_alignment; return;
      case 0x04: next += cursor.fixed(4) * common_.code_alignment; return;
      case 0x0a:  // remember_state
        if (remembered_.size() < kMaxRemembered) remembered_.push_back(state_);
        return;
      case 0x0b:  // restore_state
        if (remembered_.empty()) return;
        state_ = remembered_.back();
        remembered_.pop_back();
        return;
      case 0x2e: cursor.leb128(); return;  // GNU_args_size
      default: break;
    }
    if (!define_cfa(op, cursor)) define_register(op, cursor);
  }

  bool define_cfa(uint64_t op, DwarfCursor& cursor) {
    UnwindRule& rule = state_.rule;
    switch (op) {
      case 0x0c:  // def_cfa
        set_cfa_register(cursor.leb128());
        rule.cfa_offset = static_cast<int64_t>(cursor.leb128());
        return true;
      case 0x0d: {  // def_cfa_register
        // Means nothing after an expression, although libgcrypt has it: the offset is missing.
        bool has_offset = is_register_and_offset();
        set_cfa_register(cursor.leb128());
        if (!has_offset) rule.cfa = CfaKind::kUnsupported;
        return true;
      }
      case 0x0e: rule.cfa_offset = static_cast<int64_t>(cursor.leb128()); return true;
      case 0x0f: set_cfa_expression(cursor.block(cursor.leb128())); return true;
      case 0x12:  // def_cfa_sf
        set_cfa_register(cursor.leb128());
        rule.cfa_offset = factored(static_cast<uint64_t>(cursor.signed_leb128()));
        return true;
      case 0x13:  // def_cfa_offset_sf
        rule.cfa_offset = factored(static_cast<uint64_t>(cursor.signed_leb128()));
        return true;
      default: return false;
    }
  }

  bool is_register_and_offset() const {
    CfaKind kind = state_.rule.cfa;
    return kind == CfaKind::kStackPointer || kind == CfaKind::kFramePointer ||
           kind == CfaKind::kRegister;
  }

  void define_register(uint64_t op, DwarfCursor& cursor) {
    uint64_t number = cursor.leb128();
    switch (op) {
      case 0x05: save(number, factored(cursor.leb128())); return;  // offset_extended
      case 0x06: restore(number); return;                          // restore_extended
      case 0x07: set(number, {Place::kLost, 0}, true); return;     // undefined
      case 0x08: set(number, {Place::kSame, 0}); return;           // same_value
      case 0x09:
        cursor.leb128();
        set(number, {Place::kLost, 0});
        return;  // register
      case 0x10: save_by_expression(number, cursor.block(cursor.leb128())); return;
      case 0x11:  // offset_extended_sf
        save(number, factored(static_cast<uint64_t>(cursor.signed_leb128())));
        return;
      case 0x14:
        cursor.leb128();
        set(number, {Place::kLost, 0});
        return;  // val_offset
      case 0x15:
        cursor.signed_leb128();
        set(number, {Place::kLost, 0});
        return;   // val_offset_sf
      case 0x16:  // val_expression
        cursor.block(cursor.leb128());
        set(number, {Place::kLost, 0});
        return;
      case 0x2f:
        save(number, factored(~cursor.leb128() + 1));
        return;                             // GNU_negative_offset_extended
      default: cursor.block(~uint64_t{0});  // unknown: no further
    }
  }

  int64_t factored(uint64_t offset) const {
    return static_cast<int64_t>(offset * static_cast<uint64_t>(common_.data_alignment));
  }

  void save(uint64_t number, int64_t offset) { set(number, {Place::kAtCfa, offset}); }

  void save_by_expression(uint64_t number, std::string_view code) {
    DwarfCursor cursor(code, true);
    bool from_rbp = cursor.fixed(1) == 0x70 + kRbp;
    int64_t offset = cursor.signed_leb128();
    bool simple = from_rbp && cursor.ok() && cursor.at_end() && number == kRbp;
    set(number,
        simple ? SavedRegister{Place::kAtFramePointer, offset} : SavedRegister{Place::kLost, 0});
  }

  void set(uint64_t number, SavedRegister saved, bool undefined = false) {
    if (number == kRbp) state_.rule.rbp = saved;
    if (number == kRbx) state_.rule.rbx = saved;
    if (number != common_.return_register) return;
    if (undefined)
      state_.return_address = ReturnAddress::kUndefined;
    else
      state_.return_address = saved == SavedRegister{Place::kAtCfa, -8} ? ReturnAddress::kBelowCfa
                                                                        : ReturnAddress::kElsewhere;
  }

  void restore(uint64_t number) {
    if (initial_ == nullptr) return;
    if (number == kRbp) state_.rule.rbp = initial_->rule.rbp;
    if (number == kRbx) state_.rule.rbx = initial_->rule.rbx;
    if (number == common_.return_register) state_.return_address = initial_->return_address;
  }

  void set_cfa_register(uint64_t number) {
    UnwindRule& rule = state_.rule;
    rule.dereference_offset = 0;
    rule.cfa_register = static_cast<uint8_t>(std::min<uint64_t>(number, 0xff));
    rule.cfa = number == kRsp   ? CfaKind::kStackPointer
               : number == kRbp ? CfaKind::kFramePointer
               : number < 16    ? CfaKind::kRegister
                                : CfaKind::kUnsupported;
  }

  void set_cfa_expression(std::string_view code) {
    UnwindRule& rule = state_.rule;
    rule.cfa_register = 0;
    rule.cfa_offset = rule.dereference_offset = 0;
    if (is_plt_expression(code, 0x3b))
      rule.cfa = CfaKind::kPlt11;
    else if (is_plt_expression(code, 0x3a))
      rule.cfa = CfaKind::kPlt10;
    else
      rule.cfa = parse_dereference(code, rule) ? CfaKind::kDereference : CfaKind::kUnsupported;
  }

  UnwindRule rule() const {
    if (common_.is_signal) return {.cfa = CfaKind::kSignal};
    if (state_.return_address == ReturnAddress::kUndefined) return {.cfa = CfaKind::kStop};
    if (state_.return_address == ReturnAddress::kElsewhere ||
        state_.rule.cfa == CfaKind::kUnsupported)
      return {.cfa = CfaKind::kUnsupported};
    return state_.rule;
  }

  const CommonFrame& common_;
  FrameState state_;
  const FrameState* initial_;  // what "restore" goes back to; null within a CIE
  std::vector<FrameState> remembered_;
  uint64_t location_ = 0;
};

}  // namespace

std::optional<CommonFrame> CommonFrame::parse(const FrameRecord& record) {
  DwarfCursor cursor(record.bytes, true);
  CommonFrame common;
  if (cursor.fixed(4) != 0) return std::nullopt;  // the id of a CIE
  uint64_t version = cursor.fixed(1);
  if (version != 1 && version != 3 && version != 4) return std::nullopt;
  std::string_view augmentation = cursor.text();
  if (version == 4 && cursor.fixed(2) != 8) return std::nullopt;  // address size, no segments
  common.code_alignment = cursor.leb128();
  common.data_alignment = cursor.signed_leb128();
  common.return_register = version == 1 ? cursor.fixed(1) : cursor.leb128();
  if (!augmentation.empty() && augmentation.front() != 'z') return std::nullopt;
  common.has_augmentation = !augmentation.empty();
  std::string_view data;
  if (common.has_augmentation) data = cursor.block(cursor.leb128());
  DwarfCursor details(data, true);
  for (char kind : augmentation.substr(common.has_augmentation ? 1 : 0)) {
    if (kind == 'R') common.pointer_encoding = static_cast<uint8_t>(details.fixed(1));
    if (kind == 'L') details.fixed(1);
    if (kind == 'P') details.encoded(static_cast<uint8_t>(details.fixed(1)));
    if (kind == 'S') common.is_signal = true;
  }
  if (!cursor.ok() || !details.ok()) return std::nullopt;
  Interpreter interpreter(common, FrameState{}, nullptr);
  interpreter.run({cursor.rest(), record.address + cursor.position()}, 0,
                  [](uint64_t, uint64_t, const UnwindRule&) { return true; });
  common.initial = interpreter.state();
  return common;
}

std::optional<FrameDescription> FrameDescription::parse(const FrameRecord& record,
                                                        const CommonFrame& common) {
  DwarfCursor cursor(record.bytes, true);
  cursor.fixed(4);  // distance to the CIE
  std::optional<uint64_t> begin = pointer(cursor, record, common.pointer_encoding);
  uint64_t size = cursor.encoded(common.pointer_encoding & 0x0f);
  if (common.has_augmentation) cursor.block(cursor.leb128());
  if (!cursor.ok() || !begin || size == 0 || size > kMaxFunction || *begin > kMaxAddress)
    return std::nullopt;
  return FrameDescription{
      *begin, *begin + size, {cursor.rest(), record.address + cursor.position()}};
}

void FrameDescription::append_rows(const CommonFrame& common, uint64_t from, uint64_t to,
                                   std::vector<UnwindRow>& rows) const {
  uint64_t first = std::max(from, begin);
  uint64_t last = std::min(to, end);
  if (first >= last) return;
  Interpreter interpreter(common, common.initial, &common.initial);
  interpreter.run(instructions, begin, [&](uint64_t at, uint64_t next, const UnwindRule& rule) {
    if (next > first && at < last) rows.push_back({std::max(at, first), rule});
    return next < last;
  });
}

}  // namespace perfscope::symbolizer
