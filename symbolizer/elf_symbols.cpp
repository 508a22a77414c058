#include "symbolizer/elf_symbols.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

namespace perfscope::symbolizer {
namespace {

constexpr std::size_t kEntriesPerRead = 8192;
// All names together, looked at for their ends: hostile ones may overlap.
constexpr std::size_t kMaxScannedBytes = std::size_t{256} << 20;

// Ranks of symbols that share an address; see SymbolTableBuilder for what decides among equals.
// Weak symbols rank with global ones: libc's "read" is a weak alias of "__read".
constexpr uint16_t kRankSized = 4;
constexpr uint16_t kRankFunction = 2;
constexpr uint16_t kRankExported = 1;

bool is_function(unsigned type) { return type == STT_FUNC || type == STT_GNU_IFUNC; }

// Names that mark something else than a function: mapping symbols ("$x", ARM ELF ABI) and the
// assembler's local labels.
bool is_marker(std::string_view name) { return name.starts_with('$') || name.starts_with(".L"); }

template <typename Entry>
class SymbolReader {
 public:
  SymbolReader(const ElfImage& image, const Section& table, SymbolTableBuilder& builder)
      : image_(image), table_(table), builder_(builder) {
    if (table.link < image.sections().size())
      names_ = image.contents(image.sections()[table.link], kMaxStringTable);
  }

  void read_all() {
    if (!table_.has_bytes() || names_.empty()) return;
    uint64_t left = std::min<uint64_t>(table_.size / sizeof(Entry), kMaxSymbolEntries);
    std::vector<Entry> chunk;
    for (uint64_t offset = table_.offset; left > 0;) {
      chunk.resize(static_cast<std::size_t>(std::min<uint64_t>(left, kEntriesPerRead)));
      if (!image_.bytes().read(offset, chunk.data(), chunk.size() * sizeof(Entry))) return;
      for (const Entry& entry : chunk) add(entry);
      if (scanned_bytes_ > kMaxScannedBytes) return;
      offset += chunk.size() * sizeof(Entry);
      left -= chunk.size();
    }
  }

 private:
  void add(const Entry& entry) {
    unsigned type = entry.st_info & 0xf;  // ELF32_ST_TYPE, the same in both classes
    if (entry.st_shndx == SHN_UNDEF || entry.st_value == 0) return;
    if (!is_function(type) && type != STT_NOTYPE) return;
    const Section* section = section_of(entry);
    // A symbol at the end of its section, such as "_etext", names nothing.
    if (section != nullptr && entry.st_value - section->address >= section->size) return;
    if (!is_function(type) && (section == nullptr || !section->is_code())) return;
    std::string_view name = name_at(entry.st_name);
    if (name.empty() || is_marker(name)) return;
    builder_.add(candidate(entry, section, name));
  }

  SymbolTableBuilder::Candidate candidate(const Entry& entry, const Section* section,
                                          std::string_view name) const {
    SymbolTableBuilder::Candidate made;
    made.start = entry.st_value;
    made.size = entry.st_size;
    if (section != nullptr) {
      made.extent = section->size - (entry.st_value - section->address);
      made.size = std::min<uint64_t>(made.size, made.extent);
    }
    unsigned binding = entry.st_info >> 4;
    made.rank = static_cast<uint16_t>((made.size != 0 ? kRankSized : 0) +
                                      (is_function(entry.st_info & 0xf) ? kRankFunction : 0) +
                                      (binding != STB_LOCAL ? kRankExported : 0));
    made.name = name;
    return made;
  }

  const Section* section_of(const Entry& entry) const {
    return entry.st_shndx < std::min<std::size_t>(image_.sections().size(), SHN_LORESERVE)
               ? &image_.sections()[entry.st_shndx]
               : nullptr;
  }

  // Without the version that the linker leaves in .symtab: "memcpy@@GLIBC_2.14".
  std::string_view name_at(std::size_t offset) {
    if (offset >= names_.size()) return "";
    auto window = std::string_view(names_).substr(offset, SymbolTableBuilder::kMaxNameLength);
    std::string_view name = window.substr(0, window.find('\0'));
    scanned_bytes_ += name.size();
    return name.substr(0, name.find('@'));
  }

  const ElfImage& image_;
  const Section& table_;
  SymbolTableBuilder& builder_;
  std::string names_;
  std::size_t scanned_bytes_ = 0;
};

}  // namespace

uint64_t count_symbol_entries(const ElfImage& image, uint32_t section_type) {
  const Section* table = image.section_of_type(section_type);
  if (table == nullptr || !table->has_bytes()) return 0;
  return table->size / (image.is_64_bit() ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym));
}

void add_elf_symbols(const ElfImage& image, uint32_t section_type, SymbolTableBuilder& builder) {
  const Section* table = image.section_of_type(section_type);
  if (table == nullptr) return;
  if (image.is_64_bit())
    SymbolReader<Elf64_Sym>(image, *table, builder).read_all();
  else
    SymbolReader<Elf32_Sym>(image, *table, builder).read_all();
}

}  // namespace perfscope::symbolizer
