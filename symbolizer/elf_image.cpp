#include "symbolizer/elf_image.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <elf.h>

namespace perfscope::symbolizer {
namespace {

constexpr std::size_t kMaxNamesSize = std::size_t{4} << 20;
constexpr std::size_t kMaxSectionName = 64;
constexpr std::size_t kMaxNotesSize = 65536;
constexpr int kMaxNoteSections = 64;

struct Elf32 {
  using Header = Elf32_Ehdr;
  using SegmentHeader = Elf32_Phdr;
  using SectionHeader = Elf32_Shdr;
};
struct Elf64 {
  using Header = Elf64_Ehdr;
  using SegmentHeader = Elf64_Phdr;
  using SectionHeader = Elf64_Shdr;
};

Error malformed(const char* why) { return {ErrorCode::kBadInput, why}; }

std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (char byte : bytes) {
    auto value = static_cast<uint8_t>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

// The GNU build-id in a note segment or section, "" when there is none.
std::string find_build_id(std::string_view notes, uint64_t alignment) {
  auto align = [&](uint64_t at) {
    return alignment == 8 ? (at + 7) & ~uint64_t{7} : (at + 3) & ~uint64_t{3};
  };
  uint64_t at = 0;
  while (at + sizeof(Elf64_Nhdr) <= notes.size()) {
    Elf64_Nhdr note{};  // the same in both classes
    std::memcpy(&note, notes.data() + at, sizeof note);
    uint64_t name = at + sizeof note;
    uint64_t payload = align(name + note.n_namesz);
    uint64_t end = payload + note.n_descsz;
    if (end > notes.size()) return "";
    bool is_gnu = note.n_namesz == 4 && notes.substr(name, 4) == std::string_view("GNU\0", 4);
    if (is_gnu && note.n_type == NT_GNU_BUILD_ID && note.n_descsz > 0 && note.n_descsz <= 64)
      return to_hex(notes.substr(payload, note.n_descsz));
    at = align(end);
  }
  return "";
}

template <typename Header>
Section normalise(const Header& header, std::string_view names) {
  Section section;
  if (header.sh_name < names.size()) {
    std::string_view name = names.substr(header.sh_name, kMaxSectionName);
    section.name = name.substr(0, name.find('\0'));
  }
  section.type = header.sh_type;
  section.flags = header.sh_flags;
  section.address = header.sh_addr;
  section.offset = header.sh_offset;
  section.size = header.sh_size;
  section.entry_size = header.sh_entsize;
  section.link = header.sh_link;
  return section;
}

}  // namespace

bool Section::is_code() const { return (flags & SHF_EXECINSTR) != 0; }

bool Section::has_bytes() const { return type != SHT_NOBITS && (flags & SHF_COMPRESSED) == 0; }

AddressMap::AddressMap(std::span<const Segment> segments) {
  for (bool executable : {true, false})
    for (const Segment& segment : segments)
      if (segment.type == PT_LOAD && ((segment.flags & PF_X) != 0) == executable)
        loads_.push_back(segment);
  loads_.shrink_to_fit();
}

std::optional<uint64_t> AddressMap::address_of(uint64_t offset) const {
  for (const Segment& load : loads_)
    if (offset >= load.offset && offset - load.offset < load.file_size)
      return load.address + (offset - load.offset);
  return std::nullopt;
}

std::optional<uint64_t> AddressMap::offset_of(uint64_t address) const {
  for (const Segment& load : loads_)
    if (address >= load.address && address - load.address < load.file_size)
      return load.offset + (address - load.address);
  return std::nullopt;
}

Result<ElfImage> ElfImage::parse(ByteSource source) {
  std::array<unsigned char, EI_NIDENT> ident{};
  if (!source.read(0, ident.data(), ident.size())) return malformed("too short for an ELF file");
  if (std::memcmp(ident.data(), ELFMAG, SELFMAG) != 0) return malformed("not an ELF file");
  if (ident[EI_DATA] != ELFDATA2LSB) return malformed("not a little-endian ELF file");
  ElfImage image(std::move(source));
  image.is_64_bit_ = ident[EI_CLASS] == ELFCLASS64;
  if (!image.is_64_bit_ && ident[EI_CLASS] != ELFCLASS32) return malformed("unknown ELF class");
  Status parsed = image.is_64_bit_ ? image.parse_headers<Elf64>() : image.parse_headers<Elf32>();
  if (!parsed) return parsed.error();
  return image;
}

template <typename Class>
Status ElfImage::parse_headers() {
  typename Class::Header header{};
  if (!source_.read(0, &header, sizeof header)) return malformed("truncated ELF header");
  machine_ = header.e_machine;
  if (header.e_phnum > kMaxSegments) return malformed("too many program headers");
  if (header.e_phnum > 0) {
    if (header.e_phentsize != sizeof(typename Class::SegmentHeader))
      return malformed("unexpected size of program headers");
    std::vector<typename Class::SegmentHeader> table(header.e_phnum);
    if (!source_.read(header.e_phoff, table.data(), table.size() * sizeof table[0]))
      return malformed("truncated program headers");
    for (const auto& entry : table)
      segments_.push_back(
          {entry.p_type, entry.p_flags, entry.p_offset, entry.p_vaddr, entry.p_filesz});
  }
  if (header.e_shoff == 0 || header.e_shentsize != sizeof(typename Class::SectionHeader))
    return Ok{};
  // Extended numbering (gABI, "Sections"): counts that do not fit are kept in section 0.
  typename Class::SectionHeader zeroth{};
  if (!source_.read(header.e_shoff, &zeroth, sizeof zeroth)) return Ok{};
  uint64_t count = header.e_shnum != 0 ? header.e_shnum : zeroth.sh_size;
  if (count > kMaxSections) return malformed("too many sections");
  std::size_t names = header.e_shstrndx != SHN_XINDEX ? header.e_shstrndx : zeroth.sh_link;
  parse_sections<Class>(header.e_shoff, static_cast<std::size_t>(count), names);
  return Ok{};
}

template <typename Class>
void ElfImage::parse_sections(uint64_t table_offset, std::size_t count, std::size_t names_index) {
  std::string raw = source_.read_some(table_offset, count * sizeof(typename Class::SectionHeader));
  std::vector<typename Class::SectionHeader> table(raw.size() /
                                                   sizeof(typename Class::SectionHeader));
  if (table.size() != count || count == 0) return;
  std::memcpy(table.data(), raw.data(), count * sizeof table[0]);
  std::string names;
  if (names_index < count && table[names_index].sh_type == SHT_STRTAB)
    names = source_.read_some(
        table[names_index].sh_offset,
        static_cast<std::size_t>(std::min<uint64_t>(table[names_index].sh_size, kMaxNamesSize)));
  sections_.reserve(count);
  for (const auto& header : table) sections_.push_back(normalise(header, names));
}

const Section* ElfImage::section(std::string_view name) const {
  for (const Section& section : sections_)
    if (section.name == name) return &section;
  return nullptr;
}

const Section* ElfImage::section_of_type(uint32_t type) const {
  for (const Section& section : sections_)
    if (section.type == type) return &section;
  return nullptr;
}

std::string ElfImage::contents(const Section& section, std::size_t limit) const {
  if (!section.has_bytes()) return "";
  return source_.read_some(section.offset,
                           static_cast<std::size_t>(std::min<uint64_t>(section.size, limit)));
}

std::string ElfImage::build_id() const {
  // Sections first: in a separate debug file the segments point at bytes that are not there.
  int notes_seen = 0;
  for (const Section& section : sections_) {
    if (section.type != SHT_NOTE || ++notes_seen > kMaxNoteSections) continue;
    std::string id = find_build_id(contents(section, kMaxNotesSize), 4);
    if (!id.empty()) return id;
  }
  for (const Segment& segment : segments_) {
    if (segment.type != PT_NOTE) continue;
    auto size = static_cast<std::size_t>(std::min<uint64_t>(segment.file_size, kMaxNotesSize));
    std::string notes = source_.read_some(segment.offset, size);
    for (uint64_t alignment : {uint64_t{4}, uint64_t{8}}) {
      std::string id = find_build_id(notes, alignment);
      if (!id.empty()) return id;
    }
  }
  return "";
}

}  // namespace perfscope::symbolizer
