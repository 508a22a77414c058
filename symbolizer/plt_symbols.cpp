// The names of PLT stubs. A stub jumps through a slot of the GOT; the relocation that fills the
// slot names the function. Reading the slot out of the instruction works for every layout of the
// linkers (.plt, .plt.sec with and without bnd), where counting stubs would not.
//
// Source: System V ABI, AMD64 supplement, 5.2 "Procedure Linkage Table" and 13.2 (IBT).
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

#include "symbolizer/elf_symbols.h"

namespace perfscope::symbolizer {
namespace {

constexpr std::size_t kStubSize = 16;
constexpr std::size_t kMaxPltSize = std::size_t{1} << 20;
constexpr std::size_t kMaxRelocationsSize = kMaxPltSize / kStubSize * sizeof(Elf64_Rela);
constexpr uint16_t kRankStub = 8;  // nothing else is at a stub's address

struct Slot {
  uint64_t address;  // in the GOT
  std::string name;
};

template <typename T>
T load(std::string_view bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string symbol_name(const ElfImage& image, const Section& symbols, const Section& names,
                        uint64_t index) {
  Elf64_Sym symbol{};
  if (index >= symbols.size / sizeof symbol) return "";
  if (!image.bytes().read(symbols.offset + index * sizeof symbol, &symbol, sizeof symbol))
    return "";
  if (symbol.st_name >= names.size || names.offset > image.bytes().size()) return "";
  std::string window = image.bytes().read_some(names.offset + symbol.st_name, 1024);
  return window.substr(0, window.find('\0'));
}

// Sorted by address.
std::vector<Slot> read_slots(const ElfImage& image) {
  const Section* relocations = image.section(".rela.plt");
  if (relocations == nullptr || relocations->link >= image.sections().size()) return {};
  const Section& symbols = image.sections()[relocations->link];
  if (symbols.type != SHT_DYNSYM || symbols.link >= image.sections().size()) return {};
  const Section& names = image.sections()[symbols.link];

  std::string bytes = image.contents(*relocations, kMaxRelocationsSize);
  std::vector<Slot> slots;
  for (std::size_t at = 0; at + sizeof(Elf64_Rela) <= bytes.size(); at += sizeof(Elf64_Rela)) {
    auto relocation = load<Elf64_Rela>(bytes, at);
    if (ELF64_R_TYPE(relocation.r_info) != R_X86_64_JUMP_SLOT) continue;
    std::string name = symbol_name(image, symbols, names, ELF64_R_SYM(relocation.r_info));
    if (!name.empty()) slots.push_back({relocation.r_offset, std::move(name)});
  }
  std::sort(slots.begin(), slots.end(),
            [](const Slot& a, const Slot& b) { return a.address < b.address; });
  return slots;
}

// The slot through which the stub jumps: "jmp *displacement(%rip)" is ff 25 and 32 bits, relative
// to the next instruction.
const Slot* slot_of(std::string_view stub, uint64_t stub_address, const std::vector<Slot>& slots) {
  std::size_t jump = stub.find("\xff\x25");
  if (jump == std::string_view::npos || jump + 6 > stub.size()) return nullptr;
  auto displacement = static_cast<uint64_t>(int64_t{load<int32_t>(stub, jump + 2)});
  uint64_t address = stub_address + jump + 6 + displacement;
  auto slot = std::lower_bound(slots.begin(), slots.end(), address,
                               [](const Slot& s, uint64_t value) { return s.address < value; });
  return slot != slots.end() && slot->address == address ? &*slot : nullptr;
}

}  // namespace

void add_plt_symbols(const ElfImage& image, SymbolTableBuilder& builder) {
  if (image.machine() != EM_X86_64 || !image.is_64_bit()) return;
  const std::vector<Slot> slots = read_slots(image);
  if (slots.empty()) return;
  for (const char* section_name : {".plt", ".plt.sec"}) {
    const Section* section = image.section(section_name);
    if (section == nullptr) continue;
    const std::string code = image.contents(*section, kMaxPltSize);
    for (std::size_t at = 0; at + kStubSize <= code.size(); at += kStubSize) {
      uint64_t address = section->address + at;
      auto stub = std::string_view(code).substr(at, kStubSize);
      const Slot* slot = slot_of(stub, address, slots);
      if (slot == nullptr) continue;
      const std::string name = slot->name + "@plt";
      builder.add({.start = address, .size = kStubSize, .rank = kRankStub, .name = name});
    }
  }
}

}  // namespace perfscope::symbolizer
