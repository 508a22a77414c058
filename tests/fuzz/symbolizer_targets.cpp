#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "fuzz/targets.h"
#include "symbolizer/demangle.h"
#include "symbolizer/elf_module.h"
#include "symbolizer/kallsyms.h"
#include "symbolizer/perf_map.h"
#include "symbolizer/unwind_table.h"

namespace perfscope::fuzz {

using namespace symbolizer;

void demangle_name(std::string_view bytes) {
  // Whatever the bytes start with, they are to reach both demanglers.
  demangle("_Z" + std::string(bytes));
  demangle("_R" + std::string(bytes));
}

void symbolize_elf(std::string_view bytes) {
  Result<ElfImage> image = ElfImage::parse(ByteSource::from_memory(std::string(bytes)));
  if (!image) return;
  const ByteSource source = ByteSource::from_memory(std::string(bytes));
  ElfModule module(*image, {});
  const uint64_t step = std::max<uint64_t>(bytes.size() / 64, 1);
  for (uint64_t offset = 0; offset < bytes.size(); offset += step)
    if (auto function = module.find(offset, &source)) demangle(function->name);
}

void unwind_elf(std::string_view bytes) {
  Result<ElfImage> image = ElfImage::parse(ByteSource::from_memory(std::string(bytes)));
  if (!image) return;
  Result<UnwindTable> table = UnwindTable::read(*image);
  if (!table) return;
  uint64_t end = table->last_address() + 1;
  uint64_t begin = table->first_address();
  constexpr uint64_t kPage = 65536;
  for (int pages = 0; pages < 8 && begin < end; ++pages, begin += kPage) {
    uint64_t at = begin;
    for (const UnwindRow& row : table->rows(begin, begin + kPage, image->bytes())) {
      if (row.address < at || row.address >= begin + kPage) std::abort();  // ascending, in the page
      at = row.address;
    }
  }
}

void symbolize_perf_map(std::string_view bytes) {
  Result<SymbolTable> table = read_perf_map(ByteSource::from_memory(std::string(bytes)));
  if (!table) return;
  for (uint64_t address : {uint64_t{0}, uint64_t{0x1000}, uint64_t{0x7f0000001000}, UINT64_MAX})
    table->find(address);
}

void symbolize_kallsyms(std::string_view bytes) {
  KallsymsParser parser;
  for (std::size_t at = 0; at < bytes.size(); at += 61) parser.feed(bytes.substr(at, 61));
  Kallsyms kallsyms = parser.finish();
  for (uint64_t address : {uint64_t{0}, uint64_t{0xffffffff81000000}, UINT64_MAX})
    if (auto match = kallsyms.symbols.find(address)) (void)kallsyms.modules.at(match->tag);
}

}  // namespace perfscope::fuzz
