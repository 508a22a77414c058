#include "capture/process_table.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <unistd.h>

#include "base/fd.h"

namespace perfscope::capture {
namespace {

// A process may gain code by dlopen or a JIT: an address that is in no mapping is worth another
// look, but not more often than this.
constexpr uint64_t kSecondLookNs = 100'000'000;
constexpr std::size_t kMaxMapsBytes = std::size_t{32} << 20;
constexpr std::size_t kMaxCommandBytes = 4096;

model::ProcessKey key_of(const ps_process& identity) {
  return {identity.tgid, identity.exec_id, identity.start_ns};
}

std::string comm_text(const char* comm) { return {comm, ::strnlen(comm, 16)}; }

// The value of a "Name:\tvalue" line of /proc/PID/status: its last number.
uint32_t status_number(const std::string& status, const std::string& name) {
  std::size_t at = status.find("\n" + name + ":");
  if (at == std::string::npos) return 0;
  std::size_t line_end = status.find('\n', at + 1);
  std::string line = status.substr(at + 1, line_end - at - 1);
  std::size_t number = line.find_last_of(" \t");
  uint32_t value = 0;
  if (number != std::string::npos)
    std::from_chars(line.data() + number + 1, line.data() + line.size(), value);
  return value;
}

// "0::/system.slice/x.service" -> "/system.slice/x.service"; cgroups(7).
std::string cgroup_v2_path(const std::string& cgroups) {
  std::size_t at = cgroups.starts_with("0::") ? 0 : cgroups.find("\n0::");
  if (at == std::string::npos) return "";
  at = cgroups.find("::", at) + 2;
  return cgroups.substr(at, cgroups.find('\n', at) - at);
}

}  // namespace

ProcessTable::Image& ProcessTable::image(const ps_process& identity) {
  model::ProcessKey key = key_of(identity);
  auto known = images_.find(key);
  if (known != images_.end()) return known->second;
  auto [newest, first] = newest_exec_.try_emplace(identity.tgid, identity.exec_id);
  bool replaced = !first && identity.exec_id < newest->second;
  if (!replaced) newest->second = identity.exec_id;
  Image fresh{builder_.process(key), {}, {}, 0, replaced};
  return images_.emplace(key, std::move(fresh)).first->second;
}

model::ProcessId ProcessTable::process(const ps_process& identity, const char* comm) {
  Image& entry = image(identity);
  model::Process& row = builder_.profile().processes[entry.id.index()];
  if (row.name.empty()) {
    row.name = comm_text(comm);
    if (!entry.gone) describe(identity, entry);
  }
  return entry.id;
}

void ProcessTable::describe(const ps_process& identity, Image& image) {
  const std::string proc = folder(identity.tgid);
  model::Process& row = builder_.profile().processes[image.id.index()];
  std::string comm = read_line(proc + "/comm");
  // Another name than the event's: an exec or a new owner of the number came in between.
  if (comm.empty() || (!row.name.empty() && row.name != comm)) return;
  row.name = comm;
  if (Result<std::string> command = read_file(proc + "/cmdline", kMaxCommandBytes)) {
    std::replace(command->begin(), command->end(), '\0', ' ');
    while (command->ends_with(' ')) command->pop_back();
    row.command = std::move(*command);
  }
  row.cgroup = cgroup_v2_path(read_line(proc + "/cgroup"));
  row.parent_pid = status_number(read_line(proc + "/status"), "PPid");
}

void ProcessTable::read_mappings(const ps_process& identity, Image& image, uint64_t now_ns) {
  const std::string proc = folder(identity.tgid);
  bool first = image.read_at_ns == 0;
  image.read_at_ns = now_ns;
  Result<std::string> maps = read_file(proc + "/maps", kMaxMapsBytes);
  if (!maps || maps->empty()) {
    image.gone = true;
    if (first) ++missed_;
    return;
  }
  uint32_t namespace_pid = status_number(read_line(proc + "/status"), "NSpid");
  image.mappings = parse_maps(*maps);
  image.modules.clear();
  for (const Mapping& mapping : image.mappings)
    image.modules.push_back(files_.of(identity.tgid, namespace_pid, mapping));
}

model::LocationId ProcessTable::locate(const ps_process& identity, uint64_t address,
                                       uint64_t now_ns) {
  Image& entry = image(identity);
  if (entry.read_at_ns == 0 && !entry.gone) read_mappings(identity, entry, now_ns);
  const Mapping* mapping = find_mapping(entry.mappings, address);
  if (mapping == nullptr && !entry.gone && now_ns - entry.read_at_ns >= kSecondLookNs) {
    read_mappings(identity, entry, now_ns);
    mapping = find_mapping(entry.mappings, address);
  }
  if (mapping == nullptr) {
    bool never_read = entry.gone && entry.mappings.empty();
    return builder_.note(never_read ? model::NameStatus::kProcessGone
                                    : model::NameStatus::kNoMapping);
  }
  model::ModuleId module = entry.modules[static_cast<std::size_t>(mapping - entry.mappings.data())];
  switch (builder_.profile().modules[module.index()].kind) {
    case model::ModuleKind::kFile:
    case model::ModuleKind::kVdso:
      return builder_.location(module, address - mapping->begin + mapping->file_offset);
    default: return builder_.location(module, address);
  }
}

void ProcessTable::forget_ended() {
  for (auto& [key, entry] : images_) {
    if (entry.mappings.empty() || entry.gone) continue;
    if (::access(folder(key.pid).c_str(), F_OK) == 0) continue;
    entry.gone = true;
  }
  std::erase_if(images_, [](const auto& each) { return each.second.gone; });
  constexpr std::size_t kMaxRemembered = 65536;
  if (newest_exec_.size() > kMaxRemembered) newest_exec_.clear();
}

}  // namespace perfscope::capture
