// The function symbols of one ELF file: .symtab, .dynsym and the stubs of its PLT.
#pragma once

#include <cstdint>

#include "symbolizer/elf_image.h"
#include "symbolizer/symbol_table.h"

namespace perfscope::symbolizer {

// Bounds for hostile files; symbols beyond them are left out.
constexpr std::size_t kMaxSymbolEntries = std::size_t{4} << 20;
constexpr std::size_t kMaxStringTable = std::size_t{128} << 20;

// Number of entries of the first section of that type (SHT_SYMTAB or SHT_DYNSYM) in the file; 0
// when there is none.
uint64_t count_symbol_entries(const ElfImage& image, uint32_t section_type);

// Adds the code symbols of that section: functions, indirect functions, and untyped symbols in code
// sections, which hand-written assembly leaves.
void add_elf_symbols(const ElfImage& image, uint32_t section_type, SymbolTableBuilder& builder);

// Adds "name@plt" for each stub of the procedure linkage table (x86-64 only).
void add_plt_symbols(const ElfImage& image, SymbolTableBuilder& builder);

}  // namespace perfscope::symbolizer
