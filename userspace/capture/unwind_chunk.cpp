#include "capture/unwind_chunk.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "bpf/unwind_wire.h"

namespace perfscope::capture {
namespace {

using symbolizer::CfaKind;
using symbolizer::SavedRegister;
using symbolizer::UnwindRow;
using symbolizer::UnwindRule;
using Place = SavedRegister::Place;

constexpr std::size_t kMaxRules = 255;
constexpr std::size_t kMaxRows = 65535;
constexpr uint8_t kRbx = 3;

ps_rule_kind kind_of(CfaKind cfa) {
  switch (cfa) {
    case CfaKind::kGap: return PS_RULE_GAP;
    case CfaKind::kStackPointer: return PS_RULE_SP;
    case CfaKind::kFramePointer: return PS_RULE_FP;
    case CfaKind::kRegister: return PS_RULE_REGISTER;
    case CfaKind::kPlt11: return PS_RULE_PLT11;
    case CfaKind::kPlt10: return PS_RULE_PLT10;
    case CfaKind::kDereference: return PS_RULE_DEREFERENCE;
    case CfaKind::kStop: return PS_RULE_STOP;
    case CfaKind::kSignal: return PS_RULE_SIGNAL;
    case CfaKind::kUnsupported: break;
  }
  return PS_RULE_BAD;
}

bool fits_offset(int64_t offset) { return offset >= 0 && offset % 8 == 0 && offset / 8 <= 65535; }

bool fits_save(int64_t offset) {
  return offset % 8 == 0 && offset / 8 >= -512 && offset / 8 <= 511;
}

struct Save {
  ps_saved_fp fp = PS_FP_SAME;
  int64_t offset = 0;
};

Save encode_rbp(const SavedRegister& rbp) {
  switch (rbp.place) {
    case Place::kSame: return {};
    case Place::kAtCfa:
      if (fits_save(rbp.offset)) return {PS_FP_AT_CFA, rbp.offset};
      break;
    case Place::kAtFramePointer:
      if (rbp.offset == 0) return {PS_FP_AT_FP, 0};
      break;
    case Place::kLost: break;
  }
  return {PS_FP_LOST, 0};
}

// CFA offset of the saved rbx; PS_RBX_SAME when it is where it was.
int32_t encode_rbx(const UnwindRule& rule) {
  if (rule.rbx.place != Place::kAtCfa || !fits_save(rule.rbx.offset)) return PS_RBX_SAME;
  return static_cast<int32_t>(rule.rbx.offset);
}

// A rule as the chunk has it. The rbx part counts only where some frame hangs from rbx.
struct Encoded {
  uint32_t rule;
  int32_t rbx;
  auto operator<=>(const Encoded&) const = default;
};

struct EncodedRow {
  uint32_t low;  // offset in the page
  uint8_t rule;  // index in the dictionary
};

}  // namespace

uint32_t encode_rule(const UnwindRule& rule) {
  ps_rule_kind kind = kind_of(rule.cfa);
  switch (kind) {
    case PS_RULE_SP:
    case PS_RULE_FP: {
      if (!fits_offset(rule.cfa_offset)) return PS_RULE_BAD;
      Save save = encode_rbp(rule.rbp);
      return PS_RULE(kind, save.fp, save.offset, rule.cfa_offset);
    }
    case PS_RULE_REGISTER:
      if (!fits_offset(rule.cfa_offset)) return PS_RULE_BAD;
      return PS_RULE(kind, 0, rule.cfa_register * 8, rule.cfa_offset);
    case PS_RULE_DEREFERENCE: {
      Save save = encode_rbp(rule.rbp);
      bool fits = fits_offset(rule.cfa_offset) && fits_save(rule.dereference_offset);
      if (!fits || save.fp == PS_FP_AT_CFA) return PS_RULE_BAD;  // one offset field for the two
      return PS_RULE(kind, save.fp, rule.dereference_offset, rule.cfa_offset);
    }
    default: return kind;
  }
}

Chunk build_chunk(const std::vector<UnwindRow>& rows, uint64_t page_begin) {
  Chunk chunk;
  bool uses_rbx = std::any_of(rows.begin(), rows.end(), [](const UnwindRow& row) {
    return row.rule.cfa == CfaKind::kRegister && row.rule.cfa_register == kRbx;
  });
  std::vector<EncodedRow> kept;
  std::vector<Encoded> dictionary;
  std::map<Encoded, uint8_t> known;
  for (const UnwindRow& row : rows) {
    Encoded rule{encode_rule(row.rule), uses_rbx ? encode_rbx(row.rule) : PS_RBX_SAME};
    if (dictionary.size() >= kMaxRules && !known.contains(rule)) rule = {PS_RULE_BAD, PS_RBX_SAME};
    if (PS_RULE_KIND(rule.rule) == PS_RULE_BAD) ++chunk.unsupported_rows;
    auto [entry, fresh] = known.try_emplace(rule, static_cast<uint8_t>(dictionary.size()));
    if (fresh) dictionary.push_back(rule);
    bool same = !kept.empty() && kept.back().rule == entry->second;
    if (!same && kept.size() < kMaxRows)
      kept.push_back({static_cast<uint32_t>(row.address - page_begin), entry->second});
  }

  std::size_t rules_at = (sizeof(ps_chunk) + 2 * kept.size() + 3) & ~std::size_t{3};
  chunk.bytes.resize(rules_at + dictionary.size() * (uses_rbx ? 8 : 4));
  ps_chunk header{};
  header.row_count = static_cast<uint16_t>(kept.size());
  header.flags = uses_rbx ? PS_CHUNK_RBX : 0;
  header.rules = static_cast<uint32_t>(rules_at);
  header.rule_count = static_cast<uint32_t>(dictionary.size());
  for (std::size_t bucket = 0, row = 0; bucket < 257; ++bucket) {
    while (row < kept.size() && kept[row].low >> 8 < bucket) ++row;
    header.bucket[bucket] = static_cast<uint16_t>(row);
  }
  std::memcpy(chunk.bytes.data(), &header, sizeof(header));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    chunk.bytes[sizeof(ps_chunk) + 2 * i] = static_cast<uint8_t>(kept[i].low);
    chunk.bytes[sizeof(ps_chunk) + 2 * i + 1] = kept[i].rule;
  }
  for (std::size_t i = 0; i < dictionary.size(); ++i) {
    std::memcpy(&chunk.bytes[rules_at + 4 * i], &dictionary[i].rule, 4);
    if (uses_rbx)
      std::memcpy(&chunk.bytes[rules_at + 4 * (dictionary.size() + i)], &dictionary[i].rbx, 4);
  }
  return chunk;
}

}  // namespace perfscope::capture
