#include "capture/target.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <unordered_map>

#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

namespace perfscope::capture {
namespace {

namespace fs = std::filesystem;

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

struct StatLine {
  char state = 'X';
  uint32_t parent = 0;
};

// /proc/PID/stat, whose second field may hold any character.
StatLine parse_stat(const std::string& line) {
  StatLine fields;
  std::size_t close = line.rfind(')');
  if (close == std::string::npos) return fields;
  std::istringstream rest(line.substr(close + 1));
  rest >> fields.state >> fields.parent;
  return fields;
}

// Ended, and only waiting for its parent to take notice.
bool is_zombie(const std::string& process_folder) {
  return parse_stat(read_line(process_folder + "/stat")).state == 'Z';
}

// The process that a thread belongs to: "Tgid:\t123" in /proc/TID/status; 0 when it does not tell.
uint32_t process_of(const std::string& status) {
  std::size_t at = status.find("\nTgid:");
  return at == std::string::npos
             ? 0
             : static_cast<uint32_t>(std::strtoul(status.c_str() + at + 6, nullptr, 10));
}

// /proc answers for every thread's id, also where only a process will do.
Status check_process(uint32_t pid, const std::string& proc) {
  const std::string option = "-p " + std::to_string(pid);
  const std::string folder = proc + "/" + std::to_string(pid);
  if (!exists(folder) || is_zombie(folder))
    return Error(ErrorCode::kNoTarget, option + ": no such process; list them with: ps -e");
  uint32_t owner = process_of(read_line(folder + "/status"));
  if (owner == 0 || owner == pid) return Ok{};
  return Error(ErrorCode::kNoTarget, option + ": this is a thread of process " +
                                         std::to_string(owner) + "; record the thread with -t " +
                                         std::to_string(pid) + " or the process with -p " +
                                         std::to_string(owner));
}

std::unordered_map<uint32_t, std::vector<uint32_t>> children_by_parent(const std::string& proc) {
  std::unordered_map<uint32_t, std::vector<uint32_t>> children;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(proc, ignored)) {
    const std::string name = entry.path().filename();
    uint32_t pid = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    children[parse_stat(read_line(entry.path() / "stat")).parent].push_back(pid);
  }
  return children;
}

Result<Target> resolve_cgroup(const std::string& given, Target target, const std::string& proc) {
  std::string mount = cgroup_mount(proc);
  if (mount.empty())
    return Error(ErrorCode::kNoTarget, "--cgroup " + given +
                                           ": no cgroup v2 hierarchy is mounted here; mount one "
                                           "with: mount -t cgroup2 none /sys/fs/cgroup");
  bool is_whole = given == mount || given.starts_with(mount + "/");
  fs::path path = is_whole ? fs::path(given) : fs::path(mount + "/" + given);
  path = path.lexically_normal();
  bool is_below = !path.lexically_relative(mount).string().starts_with("..");
  struct stat status {};
  if (!is_below || ::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    return Error(ErrorCode::kNoTarget, "--cgroup " + given + ": no such cgroup under " + mount +
                                           "; list them with: systemd-cgls");
  target.filter.mode = PS_CGROUP;
  target.filter.cgroup_id = status.st_ino;
  for (const fs::path& part : path.lexically_relative(mount))
    if (!part.empty() && part != ".") ++target.filter.cgroup_level;
  return target;
}

}  // namespace

std::string cgroup_mount(const std::string& proc) {
  Result<std::string> mounts = read_file(proc + "/self/mounts");
  if (!mounts) return "";
  std::istringstream lines(*mounts);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string device;
    std::string where;
    std::string type;
    fields >> device >> where >> type;
    if (type == "cgroup2") return where;
  }
  return "";
}

bool is_alive(uint32_t pid, const std::string& proc) {
  char state = parse_stat(read_line(proc + "/" + std::to_string(pid) + "/stat")).state;
  return state != 'X' && state != 'Z';
}

std::vector<uint32_t> with_descendants(const std::vector<uint32_t>& pids, const std::string& proc) {
  auto children = children_by_parent(proc);
  std::vector<uint32_t> all = pids;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (uint32_t child : children[all[i]])
      if (std::find(all.begin(), all.end(), child) == all.end()) all.push_back(child);
  std::erase(all, static_cast<uint32_t>(::getpid()));
  return all;
}

Result<Target> resolve_target(const TargetOptions& options, const std::string& proc) {
  Target target;
  target.filter.user_stacks = options.user_stacks;
  target.filter.kernel_stacks = options.kernel_stacks;
  target.pids = options.pids;
  for (uint32_t pid : options.pids)
    if (Status known = check_process(pid, proc); !known) return known.error();
  if (!options.pids.empty()) target.filter.mode = PS_PIDS;
  if (options.tid != 0) {
    const std::string folder = proc + "/" + std::to_string(options.tid);
    if (!exists(folder) || is_zombie(folder))
      return Error(ErrorCode::kNoTarget, "-t " + std::to_string(options.tid) +
                                             ": no such thread; list them with: ps -eL");
    target.filter.mode = PS_TID;
    target.filter.tid = options.tid;
  }
  if (!options.cgroup.empty()) return resolve_cgroup(options.cgroup, target, proc);
  return target;
}

}  // namespace perfscope::capture
