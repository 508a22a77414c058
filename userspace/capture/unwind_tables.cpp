#include "capture/unwind_tables.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <set>
#include <tuple>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include "base/fd.h"
#include "capture/bpf_support.h"
#include "capture/mappings.h"

namespace perfscope::capture {
namespace {

constexpr std::size_t kMaxMapsBytes = std::size_t{32} << 20;
constexpr uint64_t kLargestAddress = uint64_t{1} << 48;
// A process whose addresses are never all known may cost this fraction of a CPU in looks at it.
constexpr uint64_t kPauseFactor = 20;
constexpr unsigned kTicksPerEviction = 10;

uint64_t boottime_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

UnwindTables::UnwindTables(const UnwindMaps& maps, uint64_t memory_bytes)
    : maps_(maps), memory_(maps.slabs, memory_bytes), modules_(maps.modules, memory_) {}

UnwindTables::~UnwindTables() { ring_buffer__free(ring_); }

Result<std::unique_ptr<UnwindTables>> UnwindTables::create(const UnwindMaps& maps,
                                                           uint64_t memory_bytes) {
  std::unique_ptr<UnwindTables> tables(new UnwindTables(maps, memory_bytes));
  tables->ring_ = ring_buffer__new(maps.requests, on_request, tables.get(), nullptr);
  if (tables->ring_ == nullptr) return libbpf_error("read the ring of unwind requests", errno);
  return tables;
}

int UnwindTables::fd() const { return ring_buffer__epoll_fd(ring_); }

int UnwindTables::on_request(void* tables, void* data, std::size_t bytes) {
  if (bytes >= sizeof(ps_request))
    static_cast<UnwindTables*>(tables)->pending_.push_back(*static_cast<const ps_request*>(data));
  return 0;
}

void UnwindTables::answer() {
  ring_buffer__consume(ring_);
  std::vector<ps_request> requests;
  requests.swap(pending_);
  requests_ += requests.size();
  std::set<uint32_t> looked_at;
  for (const ps_request& request : requests) {
    if (request.kind == PS_REQUEST_PAGE)
      modules_.build_page(request.module, request.page);
    else if (looked_at.insert(request.process.tgid).second)
      add_process(request.process);
  }
}

// The process's executable mappings as the kernel side wants them; none when it has ended.
std::vector<ps_mapping> UnwindTables::map_code(uint32_t pid) {
  Result<std::string> maps = read_file("/proc/" + std::to_string(pid) + "/maps", kMaxMapsBytes);
  std::vector<ps_mapping> code;
  if (!maps) return code;
  for (const Mapping& mapping : parse_maps(*maps)) {
    if (mapping.end > kLargestAddress) continue;  // [vsyscall]
    if (code.size() >= PS_MAX_MAPPINGS) {
      ++mappings_cut_;
      break;
    }
    uint32_t module = modules_.of(pid, mapping);
    std::optional<uint64_t> address = modules_.address_of(module, mapping.file_offset);
    // The mapping may begin on the page before the segment's first byte.
    if (!address && module != UnwindModules::kNoTable)
      address = modules_.address_of(module, mapping.file_offset + 4095);
    if (!address) module = UnwindModules::kNoTable;
    uint64_t pages = (mapping.end - mapping.begin) >> 12;
    code.push_back({mapping.begin >> 12 << PS_MAPPING_PAGES_BITS | pages, module,
                    static_cast<uint32_t>(address.value_or(0) >> 12)});
  }
  return code;
}

void UnwindTables::add_process(const ps_process& identity) {
  uint64_t seen_ns = boottime_ns();
  if (auto known = processes_.find(identity.tgid); known != processes_.end() &&
                                                   known->second.exec_id == identity.exec_id &&
                                                   seen_ns < known->second.next_look_ns)
    return;
  std::vector<ps_mapping> code = map_code(identity.tgid);
  if (code.empty()) return;  // ended, or a kernel thread
  std::optional<uint32_t> address = memory_.allocate(code.size() * sizeof(ps_mapping));
  if (!address) {
    ++processes_refused_;
    return;
  }
  std::memcpy(memory_.at(*address), code.data(), code.size() * sizeof(ps_mapping));
  ps_known_process row{identity.start_ns,
                       seen_ns,
                       identity.exec_id,
                       *address,
                       static_cast<uint32_t>(code.size()),
                       0};
  if (bpf_map_update_elem(maps_.processes, &identity.tgid, &row, BPF_ANY) != 0) {
    ++processes_refused_;
    memory_.release(*address, code.size() * sizeof(ps_mapping));
    return;
  }
  Process& process = processes_[identity.tgid];
  if (process.count != 0) memory_.release(process.mappings, process.count * sizeof(ps_mapping));
  uint64_t took_ns = boottime_ns() - seen_ns;
  process = {*address, static_cast<uint32_t>(code.size()), identity.exec_id,
             seen_ns + kPauseFactor * took_ns};
  modules_.build_new();  // only now: samples may use what is there
}

void UnwindTables::add_processes(const std::vector<uint32_t>& pids) {
  for (uint32_t pid : pids) add_process({0, pid, 0});
}

void UnwindTables::add_all_processes() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    std::string name = entry.path().filename();
    uint32_t pid = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size()) add_process({0, pid, 0});
  }
}

void UnwindTables::forget(uint32_t pid) {
  auto known = processes_.find(pid);
  if (known == processes_.end()) return;
  bpf_map_delete_elem(maps_.processes, &pid);
  memory_.release(known->second.mappings, known->second.count * sizeof(ps_mapping));
  processes_.erase(known);
}

void UnwindTables::tidy() {
  std::vector<uint32_t> ended;
  for (const auto& [pid, process] : processes_)
    if (::access(("/proc/" + std::to_string(pid)).c_str(), F_OK) != 0) ended.push_back(pid);
  for (uint32_t pid : ended) forget(pid);
  bool crowded = memory_.used_bytes() > memory_.budget_bytes() / 4 * 3;
  if (++ticks_ % kTicksPerEviction == 0 || crowded) modules_.evict();
  memory_.reclaim();
}

std::map<std::string, std::string> UnwindTables::facts() const {
  std::map<std::string, std::string> facts;
  auto set = [&](const char* name, uint64_t value) {
    facts[std::string("unwind.") + name] = std::to_string(value);
  };
  set("processes", processes_.size());
  set("modules", modules_.modules() - 1);
  set("requests", requests_);
  set("pages_built", modules_.pages_built());
  set("pages_evicted", modules_.pages_evicted());
  set("pages_refused", modules_.pages_refused());
  set("processes_refused", processes_refused_);
  set("mappings_cut", mappings_cut_);
  set("unsupported_rows", modules_.unsupported_rows());
  set("build_ns", modules_.build_ns());
  set("table_bytes", memory_.used_bytes());
  set("slab_bytes", memory_.slab_bytes());
  return facts;
}

}  // namespace perfscope::capture
