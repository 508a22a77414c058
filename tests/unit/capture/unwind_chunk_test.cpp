// What the kernel side will find in a chunk is what the rows say.
#include "capture/unwind_chunk.h"

#include <cstring>

#include <gtest/gtest.h>

#include "bpf/unwind_wire.h"

namespace perfscope::capture {
namespace {

using symbolizer::CfaKind;
using symbolizer::SavedRegister;
using symbolizer::UnwindRow;
using symbolizer::UnwindRule;
using Place = SavedRegister::Place;

UnwindRule rule(CfaKind kind, int64_t offset) {
  UnwindRule made;
  made.cfa = kind;
  made.cfa_offset = offset;
  return made;
}

struct Found {
  uint32_t rule;
  int32_t rbx;
};

// The kernel side's lookup, without its bounds.
Found find(const Chunk& chunk, uint32_t offset) {
  ps_chunk header{};
  std::memcpy(&header, chunk.bytes.data(), sizeof(header));
  const uint8_t* rows = chunk.bytes.data() + sizeof(header);
  uint32_t row = header.bucket[offset >> 8];
  while (row < header.bucket[(offset >> 8) + 1] && rows[2 * row] <= (offset & 255)) ++row;
  uint32_t index = rows[2 * (row - 1) + 1];
  Found found{};
  std::memcpy(&found.rule, &chunk.bytes[header.rules + 4 * index], 4);
  if ((header.flags & PS_CHUNK_RBX) != 0)
    std::memcpy(&found.rbx, &chunk.bytes[header.rules + 4 * (header.rule_count + index)], 4);
  return found;
}

TEST(UnwindChunk, FindsEveryRow) {
  constexpr uint64_t kPage = 0x7f0000;
  std::vector<UnwindRow> rows{{kPage, rule(CfaKind::kGap, 0)}};
  for (uint64_t at = 3; at < 65536; at += 7)
    rows.push_back({kPage + at, rule(CfaKind::kStackPointer, static_cast<int64_t>(at % 101 * 8))});
  Chunk chunk = build_chunk(rows, kPage);
  EXPECT_EQ(chunk.unsupported_rows, 0U);
  for (uint32_t at = 0; at < 65536; ++at) {
    uint32_t found = find(chunk, at).rule;
    if (at < 3) {
      ASSERT_EQ(PS_RULE_KIND(found), PS_RULE_GAP);
      continue;
    }
    uint32_t row = (at - 3) / 7 * 7 + 3;
    ASSERT_EQ(PS_RULE_KIND(found), PS_RULE_SP) << at;
    ASSERT_EQ(PS_RULE_OFFSET(found), row % 101 * 8) << at;
  }
}

TEST(UnwindChunk, KeepsSignsAndLimits) {
  UnwindRule saved = rule(CfaKind::kFramePointer, 65535 * 8);
  saved.rbp = {Place::kAtCfa, -4096};
  uint32_t encoded = encode_rule(saved);
  EXPECT_EQ(PS_RULE_KIND(encoded), PS_RULE_FP);
  EXPECT_EQ(PS_RULE_OFFSET(encoded), 65535U * 8);
  EXPECT_EQ(PS_RULE_SAVED_FP(encoded), PS_FP_AT_CFA);
  EXPECT_EQ(PS_RULE_SAVE(encoded), -4096);

  EXPECT_EQ(encode_rule(rule(CfaKind::kStackPointer, 65536 * 8)), PS_RULE_BAD);
  EXPECT_EQ(encode_rule(rule(CfaKind::kStackPointer, 12)), PS_RULE_BAD);
  EXPECT_EQ(encode_rule(rule(CfaKind::kStackPointer, -8)), PS_RULE_BAD);
  EXPECT_EQ(encode_rule(rule(CfaKind::kUnsupported, 0)), PS_RULE_BAD);

  UnwindRule far = rule(CfaKind::kStackPointer, 16);
  far.rbp = {Place::kAtCfa, -8192};
  EXPECT_EQ(PS_RULE_SAVED_FP(encode_rule(far)), PS_FP_LOST);

  UnwindRule realigned = rule(CfaKind::kDereference, 0);
  realigned.dereference_offset = -8;
  realigned.rbp = {Place::kAtFramePointer, 0};
  EXPECT_EQ(PS_RULE_SAVE(encode_rule(realigned)), -8);
  EXPECT_EQ(PS_RULE_SAVED_FP(encode_rule(realigned)), PS_FP_AT_FP);
}

TEST(UnwindChunk, FollowsRbxOnlyWhereAFrameHangsFromIt) {
  UnwindRule pushed = rule(CfaKind::kStackPointer, 16);
  pushed.rbx = {Place::kAtCfa, -16};
  std::vector<UnwindRow> rows{{0, rule(CfaKind::kStackPointer, 16)}, {16, pushed}};
  ps_chunk header{};
  Chunk plain = build_chunk(rows, 0);
  std::memcpy(&header, plain.bytes.data(), sizeof(header));
  EXPECT_EQ(header.flags, 0);
  EXPECT_EQ(header.row_count, 1);  // the two rows are the same without rbx

  UnwindRule hangs = rule(CfaKind::kRegister, 24);
  hangs.cfa_register = 3;
  rows.push_back({32, hangs});
  Chunk chunk = build_chunk(rows, 0);
  EXPECT_EQ(find(chunk, 0).rbx, PS_RBX_SAME);
  EXPECT_EQ(find(chunk, 20).rbx, -16);
  EXPECT_EQ(PS_RULE_REGISTER_OF(find(chunk, 40).rule), 3U);
}

TEST(UnwindChunk, RulesBeyondTheDictionaryAreCounted) {
  std::vector<UnwindRow> rows;
  for (uint64_t i = 0; i < 300; ++i)
    rows.push_back({i * 16, rule(CfaKind::kStackPointer, static_cast<int64_t>(i * 8))});
  Chunk chunk = build_chunk(rows, 0);
  EXPECT_GE(chunk.unsupported_rows, 45U);
  EXPECT_EQ(PS_RULE_OFFSET(find(chunk, 16 * 100).rule), 800U);
  EXPECT_EQ(PS_RULE_KIND(find(chunk, 16 * 299).rule), PS_RULE_BAD);
}

}  // namespace
}  // namespace perfscope::capture
