#include "symbolizer/unwind_table.h"

#include <algorithm>

#include <elf.h>

#include "symbolizer/dwarf_cursor.h"
#include "symbolizer/function_bounds.h"

namespace perfscope::symbolizer {
namespace {

constexpr std::size_t kWindow = 65536;
constexpr std::size_t kMaxRecord = std::size_t{1} << 20;
constexpr std::size_t kMaxCommons = 4096;
constexpr uint64_t kMaxAddress = uint64_t{1} << 47;  // user space ends there

Error no_table(const char* why) { return {ErrorCode::kBadInput, why}; }

}  // namespace

// Reads records of .eh_frame by file offset, through a window: neighbours are read together.
class UnwindTable::Reader {
 public:
  Reader(const ByteSource& bytes, const AddressMap& map) : bytes_(bytes), map_(map) {}

  struct Record {
    FrameRecord content;
    uint64_t offset = 0;  // of the content in the file
    uint64_t next = 0;    // offset of the next record
  };

  // The record's bytes are valid until the next call. Nothing at the terminator or beyond the end.
  std::optional<Record> record(uint64_t offset) {
    DwarfCursor header(view(offset, 12), true);
    uint64_t size = header.fixed(4);
    if (size == 0xffffffff) size = header.fixed(8);
    if (!header.ok() || size < 4 || size > kMaxRecord) return std::nullopt;
    uint64_t content = offset + header.position();
    std::string_view bytes = view(content, static_cast<std::size_t>(size));
    if (bytes.size() < size) return std::nullopt;
    std::optional<uint64_t> address = map_.address_of(content);
    if (!address) return std::nullopt;
    return Record{
        {bytes.substr(0, static_cast<std::size_t>(size)), *address}, content, content + size};
  }

  // The CIE that an FDE points back to; null when it is damaged.
  const CommonFrame* common_of(const Record& record) {
    uint64_t distance = DwarfCursor(record.content.bytes, true).fixed(4);
    if (distance == 0 || distance > record.offset) return nullptr;
    uint64_t at = record.offset - distance;
    if (auto known = commons_.find(at); known != commons_.end())
      return known->second ? &*known->second : nullptr;
    if (commons_.size() >= kMaxCommons) commons_.clear();
    Reader aside(bytes_, map_);  // this window stays where it is
    std::optional<Record> cie = aside.record(at);
    auto kept = commons_.emplace(at, cie ? CommonFrame::parse(cie->content) : std::nullopt).first;
    return kept->second ? &*kept->second : nullptr;
  }

 private:
  std::string_view view(uint64_t offset, std::size_t size) {
    if (offset < begin_ || offset + size > begin_ + window_.size()) {
      window_ = bytes_.read_some(offset, std::max(size, kWindow));
      begin_ = offset;
    }
    return std::string_view(window_).substr(static_cast<std::size_t>(offset - begin_), size);
  }

  const ByteSource& bytes_;
  const AddressMap& map_;
  std::string window_;
  uint64_t begin_ = 0;
  std::map<uint64_t, std::optional<CommonFrame>> commons_;
};

Result<UnwindTable> UnwindTable::read(const ElfImage& image) {
  if (image.machine() != EM_X86_64 || !image.is_64_bit()) return no_table("not an x86-64 file");
  UnwindTable table;
  table.map_ = AddressMap(image.segments());
  Status indexed = table.index_by_header(image);
  if (!indexed) indexed = table.index_by_walk(image);
  if (!indexed) return indexed.error();
  return table;
}

Status UnwindTable::index_by_header(const ElfImage& image) {
  for (const Segment& segment : image.segments()) {
    if (segment.type != PT_GNU_EH_FRAME) continue;
    FunctionBounds bounds = FunctionBounds::read(image.bytes(), segment);
    std::vector<Found> found;
    found.reserve(bounds.size());
    for (std::size_t i = 0; i < bounds.size(); ++i)
      if (std::optional<uint64_t> record = map_.offset_of(bounds.description(i)))
        found.push_back({bounds.start(i), *record});
    return keep(std::move(found));
  }
  return no_table("no .eh_frame_hdr");
}

Status UnwindTable::index_by_walk(const ElfImage& image) {
  const Section* section = image.section(".eh_frame");
  if (section == nullptr || !section->has_bytes()) return no_table("no .eh_frame");
  Reader reader(image.bytes(), map_);
  std::vector<Found> found;
  uint64_t at = section->offset;
  while (at < section->offset + section->size && found.size() < kMaxFunctions) {
    std::optional<Reader::Record> record = reader.record(at);
    if (!record) break;
    if (const CommonFrame* common = reader.common_of(*record))
      if (auto function = FrameDescription::parse(record->content, *common))
        found.push_back({function->begin, at});
    at = record->next;
  }
  return keep(std::move(found));
}

Status UnwindTable::keep(std::vector<Found> found) {
  std::erase_if(found, [](const Found& each) { return each.start >= kMaxAddress; });
  if (found.empty()) return no_table("no frame descriptions");
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.start < b.start; });
  base_ = found.front().start;
  file_base_ = std::min_element(found.begin(), found.end(), [](const Found& a, const Found& b) {
                 return a.record < b.record;
               })->record;
  constexpr uint64_t kReach = 0xffffffff;
  index_.reserve(found.size());
  for (const Found& each : found)
    if (each.start - base_ <= kReach && each.record - file_base_ <= kReach)
      index_.push_back({static_cast<uint32_t>(each.start - base_),
                        static_cast<uint32_t>(each.record - file_base_)});
  return Ok{};
}

std::optional<FrameDescription> UnwindTable::function(std::size_t index,
                                                      const ByteSource& bytes) const {
  Reader reader(bytes, map_);
  std::optional<Reader::Record> record = reader.record(file_base_ + index_[index].record);
  const CommonFrame* common = record ? reader.common_of(*record) : nullptr;
  if (common == nullptr) return std::nullopt;
  std::optional<FrameDescription> found = FrameDescription::parse(record->content, *common);
  if (found) found->instructions = {};  // they lie in the reader
  return found;
}

std::vector<UnwindRow> UnwindTable::rows(uint64_t begin, uint64_t end,
                                         const ByteSource& bytes) const {
  std::vector<UnwindRow> raw;
  uint64_t covered_to = 0;  // end of the code so far
  Reader reader(bytes, map_);
  auto entry = std::upper_bound(index_.begin(), index_.end(), begin,
                                [this](uint64_t a, const Entry& e) { return a < base_ + e.start; });
  if (entry != index_.begin()) --entry;
  for (; entry != index_.end() && base_ + entry->start < end; ++entry) {
    std::optional<Reader::Record> record = reader.record(file_base_ + entry->record);
    const CommonFrame* common = record ? reader.common_of(*record) : nullptr;
    if (common == nullptr) continue;
    std::optional<FrameDescription> function = FrameDescription::parse(record->content, *common);
    if (!function) continue;
    uint64_t gap_begin = std::max(covered_to, begin);
    bool is_gap = function->begin > gap_begin + (raw.empty() ? 0 : kMaxPadding);
    if (is_gap && gap_begin < end) raw.push_back({gap_begin, {}});
    function->append_rows(*common, begin, end, raw);
    covered_to = std::max(covered_to, function->end);
  }
  if (covered_to < end) raw.push_back({std::max(covered_to, begin), {}});

  std::stable_sort(raw.begin(), raw.end(),
                   [](const UnwindRow& a, const UnwindRow& b) { return a.address < b.address; });
  std::vector<UnwindRow> rows;
  for (const UnwindRow& row : raw) {
    if (!rows.empty() && rows.back().address == row.address) rows.pop_back();
    if (rows.empty() || !(rows.back().rule == row.rule)) rows.push_back(row);
  }
  return rows;
}

}  // namespace perfscope::symbolizer
