// ProcessTable: who the processes of a recording are, and which code their addresses mean.
//
// A process is looked at in /proc when its first event arrives, while it still lives; its addresses
// become (module, offset), which mean the same after it has ended. Bounded: a program image costs
// its executable mappings, and images of ended processes are let go of.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "bpf/wire.h"
#include "capture/mappings.h"
#include "capture/module_files.h"
#include "model/builder.h"

namespace perfscope::capture {

class ProcessTable {
 public:
  explicit ProcessTable(model::Builder& builder, const std::string& proc = "/proc")
      : builder_(builder), proc_(proc), files_(builder, proc) {}

  // The process's row; `comm`, when given, names it if nothing has yet.
  model::ProcessId process(const ps_process& identity, const char* comm = "");

  // Where the address lies. `now_ns` paces the second looks that dlopen makes necessary.
  model::LocationId locate(const ps_process& identity, uint64_t address, uint64_t now_ns);

  const ModuleFiles& files() const { return files_; }

  // Forgets the mappings of processes that no longer exist.
  void forget_ended();
  // Images whose mappings could not be read because the process had ended.
  uint64_t missed() const { return missed_; }

 private:
  struct Image {
    model::ProcessId id;
    std::vector<Mapping> mappings;
    std::vector<model::ModuleId> modules;  // of each mapping
    uint64_t read_at_ns = 0;               // 0: never
    bool gone = false;                     // ended, or replaced by an exec, before it was read
  };

  Image& image(const ps_process& identity);
  void describe(const ps_process& identity, Image& image);
  void read_mappings(const ps_process& identity, Image& image, uint64_t now_ns);
  std::string folder(uint32_t pid) const { return proc_ + "/" + std::to_string(pid); }

  model::Builder& builder_;
  std::string proc_;
  ModuleFiles files_;
  struct Hash {
    std::size_t operator()(const model::ProcessKey& key) const {
      return std::hash<uint64_t>{}(key.start_ns ^ (uint64_t{key.pid} << 32) ^ key.exec_id);
    }
  };
  std::unordered_map<model::ProcessKey, Image, Hash> images_;
  std::unordered_map<uint32_t, uint32_t> newest_exec_;  // pid -> exec_id last seen
  uint64_t missed_ = 0;
};

}  // namespace perfscope::capture
