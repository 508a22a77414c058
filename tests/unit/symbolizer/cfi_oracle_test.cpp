// Our unwind rows against those of libdw, row by row, for the binaries of this machine.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "symbolizer/unwind_table.h"

namespace perfscope::symbolizer::test {
namespace {

using Place = SavedRegister::Place;

constexpr int kRbx = 3;
constexpr int kRbp = 6;
constexpr int kReturnAddress = 16;

class Libdw {
 public:
  explicit Libdw(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY)) {
    elf_version(EV_CURRENT);
    elf_ = elf_begin(fd_, ELF_C_READ_MMAP, nullptr);
    cfi_ = elf_ == nullptr ? nullptr : dwarf_getcfi_elf(elf_);
  }
  Libdw(const Libdw&) = delete;
  Libdw& operator=(const Libdw&) = delete;
  ~Libdw() {
    if (cfi_ != nullptr) dwarf_cfi_end(cfi_);
    if (elf_ != nullptr) elf_end(elf_);
    ::close(fd_);
  }

  // Where the row at `address` ends and what it says; nothing when libdw has none.
  bool row(uint64_t address, uint64_t& end, UnwindRule& rule) const {
    Dwarf_Frame* found = nullptr;
    if (cfi_ == nullptr || dwarf_cfi_addrframe(cfi_, address, &found) != 0) return false;
    std::unique_ptr<Dwarf_Frame, decltype(&std::free)> frame(found, &std::free);
    Dwarf_Addr begin = 0;
    Dwarf_Addr stop = 0;
    bool is_signal = false;
    int return_register = dwarf_frame_info(frame.get(), &begin, &stop, &is_signal);
    end = stop;
    rule = is_signal ? UnwindRule{CfaKind::kSignal, 0, 0, 0, {}, {}}
                     : rule_of(frame.get(), return_register);
    return true;
  }

 private:
  static UnwindRule rule_of(Dwarf_Frame* frame, int return_register) {
    SavedRegister return_address = saved(frame, return_register);
    UnwindRule rule;
    if (return_register != kReturnAddress || return_address.place == Place::kLost) {
      rule.cfa = undefined(frame, return_register) ? CfaKind::kStop : CfaKind::kUnsupported;
      return rule;
    }
    if (!(return_address == SavedRegister{Place::kAtCfa, -8})) {
      rule.cfa = CfaKind::kUnsupported;
      return rule;
    }
    set_cfa(frame, rule);
    if (rule.cfa == CfaKind::kUnsupported) return {CfaKind::kUnsupported, 0, 0, 0, {}, {}};
    rule.rbp = saved(frame, kRbp);
    rule.rbx = saved(frame, kRbx);
    return rule;
  }

  static bool undefined(Dwarf_Frame* frame, int number) {
    std::array<Dwarf_Op, 3> memory{};
    Dwarf_Op* ops = nullptr;
    std::size_t count = 0;
    return dwarf_frame_register(frame, number, memory.data(), &ops, &count) == 0 && count == 0 &&
           ops == memory.data();
  }

  static SavedRegister saved(Dwarf_Frame* frame, int number) {
    std::array<Dwarf_Op, 3> memory{};
    Dwarf_Op* ops = nullptr;
    std::size_t count = 0;
    if (dwarf_frame_register(frame, number, memory.data(), &ops, &count) != 0)
      return {Place::kLost, 0};
    // libdw knows rbx as undefined, the psABI as preserved, until an instruction speaks of it.
    if (count == 0) return {ops == nullptr || number == kRbx ? Place::kSame : Place::kLost, 0};
    if (ops[0].atom == DW_OP_call_frame_cfa && count == 1) return {Place::kAtCfa, 0};
    if (ops[0].atom == DW_OP_call_frame_cfa && count == 2 && ops[1].atom == DW_OP_plus_uconst)
      return {Place::kAtCfa, static_cast<int64_t>(ops[1].number)};
    // An expression finds the CFA on its stack.
    if (number == kRbp && count == 2 && ops[1].atom == DW_OP_breg6)
      return {Place::kAtFramePointer, static_cast<int64_t>(ops[1].number)};
    return {Place::kLost, 0};
  }

  static void set_cfa(Dwarf_Frame* frame, UnwindRule& rule) {
    Dwarf_Op* ops = nullptr;
    std::size_t count = 0;
    rule.cfa = CfaKind::kUnsupported;
    if (dwarf_frame_cfa(frame, &ops, &count) != 0 || count == 0) return;
    auto first = static_cast<int64_t>(ops[0].number);
    if (count == 1 && ops[0].atom == DW_OP_bregx && ops[0].number < 16) {
      rule.cfa_register = static_cast<uint8_t>(ops[0].number);
      rule.cfa = rule.cfa_register == 7   ? CfaKind::kStackPointer
                 : rule.cfa_register == 6 ? CfaKind::kFramePointer
                                          : CfaKind::kRegister;
      rule.cfa_offset = static_cast<int64_t>(ops[0].number2);
    } else if (ops[0].atom == DW_OP_breg6 && count <= 3 && ops[1].atom == DW_OP_deref &&
               (count == 2 || ops[2].atom == DW_OP_plus_uconst)) {
      rule.cfa = CfaKind::kDereference;
      rule.dereference_offset = first;
      if (count == 3) rule.cfa_offset = static_cast<int64_t>(ops[2].number);
    } else if (count == 9 && ops[0].atom == DW_OP_breg7 && ops[8].atom == DW_OP_plus) {
      rule.cfa = ops[4].atom == DW_OP_lit11 ? CfaKind::kPlt11 : CfaKind::kPlt10;
    }
  }

  int fd_;
  Elf* elf_ = nullptr;
  Dwarf_CFI* cfi_ = nullptr;
};

const UnwindRow* row_at(const std::vector<UnwindRow>& rows, uint64_t address) {
  auto after = std::upper_bound(rows.begin(), rows.end(), address,
                                [](uint64_t a, const UnwindRow& row) { return a < row.address; });
  return after == rows.begin() ? nullptr : &*std::prev(after);
}

std::string describe(const UnwindRule& rule) {
  auto saved = [](const SavedRegister& r) {
    return std::to_string(static_cast<int>(r.place)) + ":" + std::to_string(r.offset);
  };
  return "cfa " + std::to_string(static_cast<int>(rule.cfa)) + " r" +
         std::to_string(rule.cfa_register) + "+" + std::to_string(rule.cfa_offset) + " *" +
         std::to_string(rule.dereference_offset) + " rbp " + saved(rule.rbp) + " rbx " +
         saved(rule.rbx);
}

struct Comparison {
  uint64_t rows = 0;
  uint64_t different = 0;
  std::string first;
};

Comparison compare(const std::string& path) {
  Comparison result;
  Result<Fd> file = open_readonly(path);
  if (!file) return result;
  Result<ByteSource> bytes = ByteSource::from_file(std::move(*file));
  if (!bytes) return result;
  Result<ElfImage> image = ElfImage::parse(std::move(*bytes));
  if (!image) return result;
  Result<UnwindTable> table = UnwindTable::read(*image);
  if (!table) return result;
  Libdw libdw(path);
  constexpr uint64_t kStep = 1 << 20;
  uint64_t begin = 0;
  std::vector<UnwindRow> rows;
  for (std::size_t i = 0; i < table->functions(); ++i) {
    auto function = table->function(i, image->bytes());
    if (!function) continue;
    if (rows.empty() || function->begin >= begin + kStep || function->end > begin + kStep) {
      begin = function->begin;
      rows = table->rows(begin, std::max(begin + kStep, function->end), image->bytes());
    }
    uint64_t end = 0;
    for (uint64_t at = function->begin; at < function->end; at = std::max(end, at + 1)) {
      UnwindRule expected;
      if (!libdw.row(at, end, expected)) break;
      ++result.rows;
      for (uint64_t address : {at, std::min(end, function->end) - 1}) {
        const UnwindRow* row = row_at(rows, address);
        if (row != nullptr && row->rule == expected) continue;
        if (result.different++ == 0) {
          std::array<char, 32> hex{};
          std::snprintf(hex.data(), hex.size(), "%lx", address);
          result.first = path + " at " + hex.data() + ": " +
                         (row != nullptr ? describe(row->rule) : "none") + ", libdw " +
                         describe(expected);
        }
      }
    }
  }
  return result;
}

TEST(CfiOracle, EveryRowOfWellKnownBinaries) {
  for (const char* path :
       {"/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2", "/usr/bin/python3",
        "/usr/bin/perl", "/usr/bin/redis-server", "/lib/x86_64-linux-gnu/libm.so.6",
        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
        "/usr/lib/x86_64-linux-gnu/libgcrypt.so.20", "/proc/self/exe"}) {
    if (::access(path, R_OK) != 0) continue;
    Comparison result = compare(path);
    EXPECT_EQ(result.different, 0U) << result.first;
    EXPECT_GT(result.rows, 100U) << path;
  }
}

// PERFSCOPE_ALL_BINARIES=1 takes every file instead of a sample.
TEST(CfiOracle, EveryRowOfSystemFiles) {
  bool all = std::getenv("PERFSCOPE_ALL_BINARIES") != nullptr;
  std::vector<std::string> paths;
  for (const char* folder : {"/usr/bin", "/usr/lib", "/usr/sbin"}) {
    std::error_code ignored;
    using std::filesystem::directory_options;
    for (auto each = std::filesystem::recursive_directory_iterator(
             folder, directory_options::skip_permission_denied, ignored);
         each != std::filesystem::end(each); each.increment(ignored))
      if (each->is_regular_file(ignored) && !each->is_symlink(ignored) &&
          (all || each->file_size(ignored) < (std::size_t{4} << 20)))
        paths.push_back(each->path());
  }
  std::sort(paths.begin(), paths.end());
  uint64_t rows = 0;
  uint64_t files = 0;
  for (std::size_t i = 0; i < paths.size(); i += all ? 1 : 41) {
    Comparison result = compare(paths[i]);
    EXPECT_EQ(result.different, 0U)
        << result.first << " (" << result.different << " of " << result.rows << ")";
    rows += result.rows;
    files += result.rows > 0 ? 1 : 0;
  }
  std::printf("%lu rows of %lu files\n", rows, files);
}

}  // namespace
}  // namespace perfscope::symbolizer::test
