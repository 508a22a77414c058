// ModuleFiles: the files behind the modules of a profile, held open while they may be needed.
//
// A file is opened when a process that maps it is first looked at, through the process itself, so
// that a binary in another mount namespace, a deleted one, and one whose process has ended since
// can still be named. Descriptors are bounded; beyond the bound a file is opened again by path.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/fd.h"
#include "capture/mappings.h"
#include "model/builder.h"

namespace perfscope::capture {

// What the symbolizer needs to know of a module.
struct ModuleFile {
  Fd fd;             // may be empty: not held, or it could not be opened
  std::string path;  // to open it again; a perf map's path for JIT modules
  std::string root;  // "/proc/PID/root", or "" once known to be this host's
};

class ModuleFiles {
 public:
  explicit ModuleFiles(model::Builder& builder, std::string proc = "/proc")
      : builder_(builder), proc_(std::move(proc)) {}

  // The module that a mapping of process `pid` belongs to. `namespace_pid` is the process's id in
  // its own PID namespace, which is what its perf map is named after.
  model::ModuleId of(uint32_t pid, uint32_t namespace_pid, const Mapping& mapping);

  const ModuleFile* find(model::ModuleId module) const;
  std::size_t open_files() const { return open_files_; }

 private:
  model::ModuleId file_module(uint32_t pid, uint32_t namespace_pid, const Mapping& mapping);
  model::ModuleId memory_module(uint32_t pid, uint32_t namespace_pid);
  Fd open_mapped_file(uint32_t pid, const Mapping& mapping) const;
  std::string process_path(uint32_t pid, const std::string& rest) const {
    return proc_ + "/" + std::to_string(pid) + rest;
  }

  model::Builder& builder_;
  std::string proc_;
  std::unordered_map<std::string, model::ModuleId> by_identity_;  // device, inode, path
  std::unordered_map<model::ModuleId, ModuleFile> files_;
  std::size_t open_files_ = 0;
};

}  // namespace perfscope::capture
