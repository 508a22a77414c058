// The text of /proc/kallsyms as a table of kernel functions.
//
// Source: kernel/kallsyms.c, s_show(): "%px %c %s[\t[module]]".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "symbolizer/line_splitter.h"
#include "symbolizer/symbol_table.h"

namespace perfscope::symbolizer {

struct KernelModule {
  std::string name;        // "[kernel]", "[ext4]", "[bpf]"
  uint64_t text_base = 0;  // lowest address of its functions; `_text` for "[kernel]"
};

struct Kallsyms {
  SymbolTable symbols;  // tag: index into modules
  std::vector<KernelModule> modules;
  bool is_restricted = false;  // there are symbols, but the kernel shows all addresses as zero
};

class KallsymsParser {
 public:
  void feed(std::string_view piece);
  Kallsyms finish();

 private:
  static constexpr std::size_t kMaxModules = 32768;

  void add_line(std::string_view line);
  uint16_t module_tag(std::string_view name);

  LineSplitter lines_;
  SymbolTableBuilder builder_;
  std::vector<KernelModule> modules_;
  std::unordered_map<std::string, uint16_t> tags_;
  uint16_t current_tag_ = 0;
  uint64_t text_ = 0;  // address of `_text`
  uint64_t hidden_ = 0;
};

}  // namespace perfscope::symbolizer
