#include "support/kernel_objects.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "support/command.h"

namespace perfscope::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const std::set<std::string>& our_names() {
  static const std::set<std::string> kNames{
      "cpu_sample", "fork_btf",   "exit_btf",   "fork_raw",     "exit_raw",     "switch_btf",
      "wakeup_btf", "switch_raw", "wakeup_raw", "dump_threads", "samples_even", "samples_odd",
      "by_task",    "by_tid",     "targets",    "stacks"};
  return kNames;
}

// Ids after "prog_id:" or "map_id:" in the descriptors of every living process but one. bpftool
// tells who holds what only where it was built with its own BPF programs, which Debian's is not.
std::set<uint64_t> held_ids(const std::string& key, pid_t except) {
  std::set<uint64_t> ids;
  std::error_code gone;
  for (const auto& process : fs::directory_iterator("/proc", gone)) {
    if (process.path().filename() == std::to_string(except)) continue;
    for (const auto& info : fs::directory_iterator(process.path() / "fdinfo", gone)) {
      std::ifstream lines(info.path());
      for (std::string line; std::getline(lines, line);)
        if (line.starts_with(key)) ids.insert(std::stoull(line.substr(key.size())));
    }
  }
  return ids;
}

std::string objects(const char* kind, pid_t pid) {
  CommandResult listed = run({"bpftool", "-j", kind, "list"});
  if (listed.exit_code != 0) throw std::runtime_error("bpftool: " + listed.err + listed.out);
  const json rows = json::parse(listed.out);
  std::set<uint64_t> held = held_ids(std::string(kind) + "_id:", pid);
  std::string found;
  for (const json& row : rows) {
    std::string name = row.value("name", "");
    uint64_t id = row.value("id", uint64_t{0});
    if (our_names().contains(name) && !held.contains(id))
      found += std::string(kind) + " " + name + " (" + std::to_string(id) + ") ";
  }
  return found;
}

}  // namespace

std::string kernel_objects_of(pid_t pid) { return objects("prog", pid) + objects("map", pid); }

}  // namespace perfscope::test
