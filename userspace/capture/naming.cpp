#include "capture/naming.h"

#include <map>
#include <optional>

#include "symbolizer/kernel_symbols.h"

namespace perfscope::capture {
namespace {

using model::LocationId;
using model::ModuleKind;
using model::NameStatus;
using symbolizer::ModuleSource;
using symbolizer::Outcome;
using symbolizer::SourceKind;

NameStatus status_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNamed: return NameStatus::kNamed;
    case Outcome::kBounds: return NameStatus::kBounds;
    case Outcome::kNoSymbol: return NameStatus::kNoSymbol;
    case Outcome::kUnreadable: return NameStatus::kUnreadable;
    case Outcome::kMalformed: return NameStatus::kMalformed;
    case Outcome::kRestricted: return NameStatus::kRestricted;
  }
  return NameStatus::kNoSymbol;
}

std::optional<SourceKind> source_kind(ModuleKind kind) {
  switch (kind) {
    case ModuleKind::kFile: return SourceKind::kElf;
    case ModuleKind::kVdso: return SourceKind::kVdso;
    case ModuleKind::kJit: return SourceKind::kPerfMap;
    case ModuleKind::kKernel:
    case ModuleKind::kKernelModule:
    case ModuleKind::kBpf: return SourceKind::kKernel;
    case ModuleKind::kAnonymous:
    case ModuleKind::kUnknown: return std::nullopt;
  }
  return std::nullopt;
}

// One module's share of the work.
class ModuleNamer {
 public:
  ModuleNamer(model::Builder& builder, const ModuleFiles& files, symbolizer::Symbolizer& symbolizer,
              model::ModuleId module)
      : builder_(builder),
        symbolizer_(symbolizer),
        module_(builder.profile().modules[module.index()]),
        file_(files.find(module)) {}

  void name(const std::vector<LocationId>& locations, std::vector<LocationId>& later) {
    std::optional<SourceKind> kind = source_kind(module_.kind);
    if (!kind) {
      for (LocationId id : locations) location(id).status = NameStatus::kNoSymbol;
      return;
    }
    std::vector<uint64_t> offsets = questions(locations, *kind);
    Fd reopened;
    std::vector<symbolizer::Symbol> symbols =
        symbolizer_.symbolize(source(*kind, reopened), offsets);
    for (std::size_t i = 0; i < locations.size(); ++i) {
      if (*kind == SourceKind::kPerfMap && symbols[i].outcome == Outcome::kNoSymbol)
        later.push_back(locations[i]);
      else
        answer(location(locations[i]), symbols[i]);
    }
  }

 private:
  model::Location& location(LocationId id) { return builder_.profile().locations[id.index()]; }

  std::vector<uint64_t> questions(const std::vector<LocationId>& locations, SourceKind kind) {
    uint64_t base = kind == SourceKind::kKernel ? symbolizer_.kernel().text_base(module_.path) : 0;
    std::vector<uint64_t> offsets;
    offsets.reserve(locations.size());
    for (LocationId id : locations) offsets.push_back(base + location(id).offset);
    return offsets;
  }

  ModuleSource source(SourceKind kind, Fd& reopened) const {
    ModuleSource source;
    source.kind = kind;
    source.name = model::short_module_name(module_.path);
    source.path = module_.path;
    source.build_id = module_.build_id;
    if (file_ == nullptr) return source;
    source.path = file_->path;
    source.root = file_->root;
    source.fd = file_->fd.get();
    if (source.fd < 0)
      if (Result<Fd> file = open_readonly(file_->root + file_->path)) {
        reopened = std::move(*file);
        source.fd = reopened.get();
      }
    return source;
  }

  void answer(model::Location& location, const symbolizer::Symbol& symbol) {
    location.status = status_of(symbol.outcome);
    if (symbol.outcome != Outcome::kNamed && symbol.outcome != Outcome::kBounds) return;
    std::string module =
        symbol.module.empty() ? model::short_module_name(module_.path) : symbol.module;
    location.lines = {{builder_.function(symbol.name, module), "", 0, false}};
  }

  model::Builder& builder_;
  symbolizer::Symbolizer& symbolizer_;
  model::Module module_;  // a copy: the table may grow
  const ModuleFile* file_;
};

}  // namespace

std::vector<LocationId> name_locations(model::Builder& builder, const ModuleFiles& files,
                                       symbolizer::Symbolizer& symbolizer,
                                       const std::vector<LocationId>& locations) {
  std::map<model::ModuleId, std::vector<LocationId>> by_module;
  for (LocationId id : locations) {
    const model::Location& row = builder.profile().locations[id.index()];
    if (row.status == NameStatus::kNotAttempted) by_module[row.module].push_back(id);
  }
  std::vector<LocationId> later;
  for (const auto& [module, ids] : by_module)
    ModuleNamer(builder, files, symbolizer, module).name(ids, later);
  return later;
}

}  // namespace perfscope::capture
