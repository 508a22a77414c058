#include "symbolizer/kallsyms.h"

#include <algorithm>
#include <charconv>

namespace perfscope::symbolizer {
namespace {

constexpr std::string_view kKernel = "[kernel]";

// kallsyms gives no sizes. The last function of a module is taken to end within the page after the
// one it starts in; what follows is another module, or one that was loaded since.
constexpr uint64_t kReachBeforeOtherModule = 8192;

// Ranks of symbols that share an address.
constexpr uint16_t kRankMarker = 0;
constexpr uint16_t kRankLocal = 1;
constexpr uint16_t kRankGlobal = 2;

bool is_text(char type) { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }

// Marks of the linker script, which share their address with the function that stands there.
bool is_marker(std::string_view name) {
  return name == "_text" || name == "_stext" || name == "_etext" || name == "_sinittext" ||
         name == "_einittext" ||
         (name.starts_with("__") && (name.ends_with("_start") || name.ends_with("_end")));
}

uint16_t rank_of(char type, std::string_view name) {
  if (is_marker(name)) return kRankMarker;
  return type == 't' ? kRankLocal : kRankGlobal;
}

}  // namespace

void KallsymsParser::feed(std::string_view piece) {
  lines_.feed(piece, [this](std::string_view line) { add_line(line); });
}

void KallsymsParser::add_line(std::string_view line) {
  uint64_t address = 0;
  auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), address, 16);
  auto digits = static_cast<std::size_t>(end - line.data());
  // " T x": the shortest rest of a line.
  if (error != std::errc() || line.size() < digits + 4 || line[digits] != ' ' ||
      line[digits + 2] != ' ')
    return;
  char type = line[digits + 1];
  if (!is_text(type)) return;
  if (address == 0) {
    ++hidden_;
    return;
  }
  std::string_view name = line.substr(digits + 3);
  std::string_view module = kKernel;
  if (std::size_t tab = name.find('\t'); tab != std::string_view::npos) {
    module = name.substr(tab + 1);
    name = name.substr(0, tab);
  }
  uint16_t tag = module_tag(module);
  KernelModule& owner = modules_[tag];
  owner.text_base = std::min(owner.text_base, address);
  if (tag == 0 && name == "_text") text_ = address;
  builder_.add({.start = address, .rank = rank_of(type, name), .tag = tag, .name = name});
}

// Lines of one module stand together: the name is looked up only when it changes.
uint16_t KallsymsParser::module_tag(std::string_view name) {
  if (modules_.empty()) {
    modules_.push_back({std::string(kKernel), UINT64_MAX});
    tags_.emplace(kKernel, uint16_t{0});
  }
  if (modules_[current_tag_].name == name) return current_tag_;
  auto next = static_cast<uint16_t>(modules_.size());
  auto [known, is_new] = tags_.try_emplace(std::string(name), next);
  if (is_new) {
    if (modules_.size() >= kMaxModules) {
      tags_.erase(known);
      return current_tag_;
    }
    modules_.push_back({std::string(name), UINT64_MAX});
  }
  return current_tag_ = known->second;
}

Kallsyms KallsymsParser::finish() {
  lines_.finish([this](std::string_view line) { add_line(line); });
  builder_.set_reach_before_other_tag(kReachBeforeOtherModule);
  Kallsyms result;
  result.is_restricted = builder_.size() == 0 && hidden_ > 0;
  result.symbols = builder_.build();
  if (text_ != 0) modules_[0].text_base = text_;
  result.modules = std::move(modules_);
  return result;
}

}  // namespace perfscope::symbolizer
