#include "symbolizer/elf_module.h"

#include <elf.h>

#include "symbolizer/elf_symbols.h"
#include "symbolizer/mini_debuginfo.h"

namespace perfscope::symbolizer {
namespace {

// Adds the most complete symbol table there is besides .dynsym; tells how many entries it has.
uint64_t add_static_symbols(const ElfImage& binary, const DebugFileQuery& query,
                            SymbolTableBuilder& builder) {
  auto add = [&](const ElfImage& image) {
    add_elf_symbols(image, SHT_SYMTAB, builder);
    return count_symbol_entries(image, SHT_SYMTAB);
  };
  if (count_symbol_entries(binary, SHT_SYMTAB) > 0) return add(binary);
  if (std::optional<ElfImage> debug = find_debug_file(binary, query)) return add(*debug);
  if (std::optional<ElfImage> mini = read_mini_debuginfo(binary)) {
    add(*mini);
    return 0;  // leaves out on purpose what .dynsym has
  }
  return 0;
}

SymbolTable collect_symbols(const ElfImage& binary, const DebugFileQuery& query) {
  SymbolTableBuilder builder;
  uint64_t entries = add_static_symbols(binary, query, builder);
  // A complete .symtab repeats .dynsym. One that is smaller was stripped selectively.
  if (entries < count_symbol_entries(binary, SHT_DYNSYM))
    add_elf_symbols(binary, SHT_DYNSYM, builder);
  add_plt_symbols(binary, builder);
  return builder.build();
}

// By the program header, which is there even when the section headers are not.
Segment find_unwind_header(const ElfImage& binary) {
  for (const Segment& segment : binary.segments())
    if (segment.type == PT_GNU_EH_FRAME) return segment;
  return {};
}

}  // namespace

ElfModule::ElfModule(const ElfImage& binary, const DebugFileQuery& query)
    : map_(binary.segments()),
      symbols_(collect_symbols(binary, query)),
      unwind_header_(find_unwind_header(binary)),
      is_64_bit_(binary.is_64_bit()) {}

std::optional<ElfModule::Function> ElfModule::find(uint64_t offset, const ByteSource* bytes) {
  std::optional<uint64_t> address = map_.address_of(offset);
  if (!address) return std::nullopt;
  std::optional<SymbolTable::Match> match = symbols_.find(*address);
  // Where the end of a symbol is guessed, it may have swallowed functions without a symbol.
  if (!match || match->size_is_guessed) {
    std::optional<FunctionBounds::Range> range = find_bounds(*address, bytes);
    if (range && (!match || range->start > match->start))
      return Function{map_.offset_of(range->start).value_or(0), ""};
  }
  if (!match) return std::nullopt;
  return Function{map_.offset_of(match->start).value_or(0), match->name};
}

std::optional<FunctionBounds::Range> ElfModule::find_bounds(uint64_t address,
                                                            const ByteSource* bytes) {
  if (bytes == nullptr || unwind_header_.file_size == 0) return std::nullopt;
  if (!bounds_) bounds_ = FunctionBounds::read(*bytes, unwind_header_);
  return bounds_->find(address, *bytes, map_, is_64_bit_);
}

uint64_t ElfModule::memory_bytes() const {
  return sizeof *this + map_.memory_bytes() + symbols_.memory_bytes() +
         (bounds_ ? bounds_->memory_bytes() : 0);
}

}  // namespace perfscope::symbolizer
