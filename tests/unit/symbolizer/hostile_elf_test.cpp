// Damaged ELF files: whatever the bytes are, loading and asking ends, and stays within memory that
// belongs to it (which the sanitizer build checks).
#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>

#include <elf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "symbolizer/demangle.h"
#include "symbolizer/elf_module.h"
#include "unit/symbolizer/support.h"

namespace perfscope::symbolizer::test {
namespace {

void load_and_ask(std::string bytes) {
  const ByteSource source = ByteSource::from_memory(bytes);
  Result<ElfImage> image = ElfImage::parse(ByteSource::from_memory(std::move(bytes)));
  if (!image) return;
  ElfModule module(*image, {});
  for (uint64_t offset = 0; offset < source.size();
       offset += std::max<uint64_t>(61, source.size() / 4096)) {
    auto function = module.find(offset, &source);
    if (function) demangle(function->name);
  }
}

std::string mutate(std::string bytes, std::mt19937_64& random) {
  static constexpr uint64_t kNasty[] = {0,
                                        1,
                                        0x7f,
                                        0xff,
                                        0x7fff,
                                        0xffff,
                                        0x7fffffff,
                                        0xffffffff,
                                        0x7fffffffffffffff,
                                        UINT64_MAX,
                                        UINT64_MAX - 15};
  for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
    std::size_t width = std::size_t{1} << random() % 4;
    std::size_t at = random() % (bytes.size() - width) & ~(width - 1);
    uint64_t value = random() % 2 == 0 ? random() : kNasty[random() % std::size(kNasty)];
    std::memcpy(bytes.data() + at, &value, width);
  }
  if (random() % 8 == 0) bytes.resize(random() % bytes.size());
  return bytes;
}

// The headers and tables, without the padding between them, so that most changes hit something.
class HostileElf : public testing::TestWithParam<const char*> {};

TEST_P(HostileElf, MutationsDoNotCrash) {
  const std::string original = bytes_of(fixture(GetParam()));
  ASSERT_FALSE(original.empty());
  std::mt19937_64 random(42);
  for (int i = 0; i < 1500; ++i) load_and_ask(mutate(original, random));
}

// A bomb: few bytes that would mean hours of work or gigabytes of names.
TEST(HostileElf, OverlappingNamesAreBounded) {
  constexpr uint64_t kSymbols = 1 << 20;
  constexpr uint64_t kNames = 1 << 20;
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_shoff = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  const uint64_t symbols_at = sizeof header + 3 * sizeof(Elf64_Shdr);
  Elf64_Shdr sections[3]{};
  sections[1].sh_type = SHT_SYMTAB;
  sections[1].sh_offset = symbols_at;
  sections[1].sh_size = kSymbols * sizeof(Elf64_Sym);
  sections[1].sh_link = 2;
  sections[2].sh_type = SHT_STRTAB;
  sections[2].sh_offset = symbols_at + sections[1].sh_size;
  sections[2].sh_size = kNames;
  for (char filler : {'x', '@'}) {  // "@": what follows is cut off after it has been looked at
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    bytes.append(reinterpret_cast<const char*>(sections), sizeof sections);
    for (uint64_t i = 0; i < kSymbols; ++i) {
      Elf64_Sym symbol{};
      symbol.st_name = static_cast<uint32_t>(i % 65536);
      symbol.st_info = STT_FUNC;
      symbol.st_shndx = SHN_ABS;
      symbol.st_value = 1 + i;
      bytes.append(reinterpret_cast<const char*>(&symbol), sizeof symbol);
    }
    bytes.append(kNames, filler);
    auto started = std::chrono::steady_clock::now();
    load_and_ask(std::move(bytes));
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
  }
}

// The headers decide where everything else is looked for.
TEST_P(HostileElf, MutationsOfHeadersDoNotCrash) {
  const std::string original = bytes_of(fixture(GetParam()));
  Elf64_Ehdr header{};
  std::memcpy(&header, original.data(), sizeof header);
  const std::size_t sections = header.e_shoff;
  std::mt19937_64 random(43);
  for (int i = 0; i < 1500; ++i) {
    std::string bytes = mutate(original.substr(0, 1024), random);
    bytes.resize(1024);
    bytes += original.substr(1024, sections - 1024) + mutate(original.substr(sections), random);
    load_and_ask(std::move(bytes));
  }
}

TEST_P(HostileElf, TruncationsDoNotCrash) {
  const std::string original = bytes_of(fixture(GetParam()));
  for (std::size_t size = 0; size < original.size(); size += size < 1024 ? 1 : 257)
    load_and_ask(original.substr(0, size));
}

INSTANTIATE_TEST_SUITE_P(Fixtures, HostileElf,
                         testing::Values("normal.so", "mini.so", "names.so", "program.stripped"));

TEST(HostileElf, FileTruncatedAfterLoadingStopsAnswering) {
  const std::string bytes = bytes_of(fixture("program.stripped"));
  Fd file = file_with(bytes);
  ModuleSource source;
  source.fd = file.get();
  Symbolizer symbolizer(no_host_debug_files());
  uint64_t start = nm_of("program")["main"] - 0x400000;
  Result<ByteSource> opened = ByteSource::from_fd(file.get());
  ASSERT_TRUE(opened);
  ASSERT_EQ(::ftruncate(file.get(), 4096), 0);
  std::string out(64, '\0');
  EXPECT_FALSE(opened->read(8192, out.data(), out.size()));
  EXPECT_NE(symbolizer.symbolize(source, std::vector<uint64_t>{start})[0].outcome, Outcome::kNamed);
}

}  // namespace
}  // namespace perfscope::symbolizer::test
