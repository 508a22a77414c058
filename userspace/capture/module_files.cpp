#include "capture/module_files.h"

#include <array>
#include <cstdio>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "symbolizer/build_id.h"

namespace perfscope::capture {
namespace {

using model::ModuleKind;

constexpr std::size_t kMaxOpenFiles = 512;

bool is_elf(int fd) {
  std::array<char, 4> magic{};
  return ::pread(fd, magic.data(), magic.size(), 0) == 4 &&
         std::string_view(magic.data(), magic.size()) ==
             "\x7f"
             "ELF";
}

bool is_file(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

model::ModuleId ModuleFiles::of(uint32_t pid, uint32_t namespace_pid, const Mapping& mapping) {
  if (mapping.path == "[vdso]") return builder_.module(ModuleKind::kVdso, "[vdso]", "");
  if (mapping.inode == 0 || !mapping.path.starts_with("/"))
    return memory_module(pid, namespace_pid);
  return file_module(pid, namespace_pid, mapping);
}

// map_files reaches the very inode that is mapped, whatever became of its name; without the
// privilege for it, the name within the process's root has to do.
Fd ModuleFiles::open_mapped_file(uint32_t pid, const Mapping& mapping) const {
  std::array<char, 64> range{};
  std::snprintf(range.data(), range.size(), "/map_files/%lx-%lx", mapping.begin, mapping.end);
  if (Result<Fd> file = open_readonly(process_path(pid, range.data()))) return std::move(*file);
  if (Result<Fd> file = open_readonly(process_path(pid, "/root" + mapping.path)))
    return std::move(*file);
  return {};
}

model::ModuleId ModuleFiles::file_module(uint32_t pid, uint32_t namespace_pid,
                                         const Mapping& mapping) {
  std::string identity =
      std::to_string(mapping.device) + ":" + std::to_string(mapping.inode) + ":" + mapping.path;
  if (auto known = by_identity_.find(identity); known != by_identity_.end()) return known->second;

  Fd file = open_mapped_file(pid, mapping);
  std::string build_id = file ? symbolizer::read_build_id(file.get()) : "";
  // A memfd is a program that runs from memory, or what a JIT writes its code into.
  if (mapping.path.starts_with("/memfd:") && !is_elf(file.get()))
    return memory_module(pid, namespace_pid);
  model::ModuleId id = builder_.module(ModuleKind::kFile, mapping.path, build_id);
  if (!files_.contains(id)) {
    if (open_files_ >= kMaxOpenFiles) file.reset();
    open_files_ += file ? 1 : 0;
    files_[id] = {std::move(file), mapping.path, process_path(pid, "/root")};
  }
  by_identity_.emplace(std::move(identity), id);
  return id;
}

// Executable memory without a file: a JIT's when the process keeps a perf map, else nobody knows.
model::ModuleId ModuleFiles::memory_module(uint32_t pid, uint32_t namespace_pid) {
  std::string path = "/tmp/perf-" + std::to_string(namespace_pid) + ".map";
  std::string root = process_path(pid, "/root");
  if (!is_file(root + path)) return builder_.module(ModuleKind::kAnonymous, "[anonymous]", "");
  // The host's pid keeps the maps of two containers apart.
  model::ModuleId id = builder_.module(ModuleKind::kJit, "[jit " + std::to_string(pid) + "]", "");
  if (!files_.contains(id)) {
    Result<Fd> map = open_readonly(root + path);
    open_files_ += map ? 1 : 0;
    files_[id] = {map ? std::move(*map) : Fd(), path, root};
  }
  return id;
}

const ModuleFile* ModuleFiles::find(model::ModuleId module) const {
  auto found = files_.find(module);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace perfscope::capture
