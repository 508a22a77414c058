#include "capture/target.h"

#include <algorithm>
#include <charconv>
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

// Parent process id from /proc/PID/stat, whose second field may hold any character.
uint32_t parent_of(const std::string& stat_line) {
  std::size_t close = stat_line.rfind(')');
  if (close == std::string::npos) return 0;
  std::istringstream rest(stat_line.substr(close + 1));
  char state = 0;
  uint32_t parent = 0;
  rest >> state >> parent;
  return parent;
}

std::unordered_map<uint32_t, std::vector<uint32_t>> children_by_parent(const std::string& proc) {
  std::unordered_map<uint32_t, std::vector<uint32_t>> children;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(proc, ignored)) {
    const std::string name = entry.path().filename();
    uint32_t pid = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    children[parent_of(read_line(entry.path() / "stat"))].push_back(pid);
  }
  return children;
}

Result<Target> resolve_cgroup(const std::string& given, Target target) {
  std::string mount = cgroup_mount();
  if (mount.empty())
    return Error(ErrorCode::kNoTarget, "--cgroup " + given +
                                           ": no cgroup v2 hierarchy is mounted here; mount one "
                                           "with: mount -t cgroup2 none /sys/fs/cgroup");
  fs::path path = given.starts_with(mount) ? fs::path(given) : fs::path(mount + "/" + given);
  path = path.lexically_normal();
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
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

std::vector<uint32_t> with_descendants(const std::vector<uint32_t>& pids, const std::string& proc) {
  auto children = children_by_parent(proc);
  std::vector<uint32_t> all = pids;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (uint32_t child : children[all[i]])
      if (std::find(all.begin(), all.end(), child) == all.end()) all.push_back(child);
  std::erase(all, static_cast<uint32_t>(::getpid()));
  return all;
}

Result<Target> resolve_target(const TargetOptions& options) {
  Target target;
  target.filter.user_stacks = options.user_stacks;
  target.filter.kernel_stacks = options.kernel_stacks;
  target.pids = options.pids;
  for (uint32_t pid : options.pids)
    if (!exists("/proc/" + std::to_string(pid)))
      return Error(ErrorCode::kNoTarget, "-p " + std::to_string(pid) +
                                             ": no such process; list them with: ps -e");
  if (!options.pids.empty()) target.filter.mode = PS_PIDS;
  if (options.tid != 0) {
    if (!exists("/proc/" + std::to_string(options.tid)))
      return Error(ErrorCode::kNoTarget, "-t " + std::to_string(options.tid) +
                                             ": no such thread; list them with: ps -eL");
    target.filter.mode = PS_TID;
    target.filter.tid = options.tid;
  }
  if (!options.cgroup.empty()) return resolve_cgroup(options.cgroup, target);
  return target;
}

}  // namespace perfscope::capture
