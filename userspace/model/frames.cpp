#include "model/frames.h"

namespace perfscope::model {
namespace {

FrameKind kind_of(ModuleKind module) {
  switch (module) {
    case ModuleKind::kKernel:
    case ModuleKind::kKernelModule:
    case ModuleKind::kBpf: return FrameKind::kKernel;
    case ModuleKind::kJit:
    case ModuleKind::kAnonymous: return FrameKind::kJit;
    default: return FrameKind::kNative;
  }
}

// Notes stand for frames that could not be seen; they belong to no module.
const char* note_text(NameStatus status) {
  switch (status) {
    case NameStatus::kNoMapping: return "[broken stack]";
    case NameStatus::kProcessGone: return "[process gone]";
    case NameStatus::kNoUserStack: return "[no user stack]";
    case NameStatus::kStackLost: return "[stack lost]";
    case NameStatus::kBeforeRecording: return "[waiting since before the recording]";
    default: return nullptr;
  }
}

}  // namespace

std::string unnamed_frame(const Profile& profile, const Location& location) {
  if (const char* note = note_text(location.status)) return note;
  std::string module = short_module_name(profile.modules[location.module.index()].path);
  return module.starts_with("[") ? module : "[" + module + "]";
}

FrameNamer::FrameNamer(const Profile& profile)
    : profile_(profile), by_location_(profile.locations.size()) {}

uint32_t FrameNamer::process(const Process& process) {
  std::string name = process.name.empty() ? "pid " + std::to_string(process.pid) : process.name;
  return intern({.name = std::move(name), .kind = FrameKind::kProcess});
}

uint32_t FrameNamer::note(const std::string& text) {
  return intern({.name = text, .kind = FrameKind::kNote});
}

void FrameNamer::append(LocationId location, std::vector<uint32_t>& frames) {
  std::vector<uint32_t>& named = by_location_[location.index()];
  if (named.empty()) named = name(profile_.locations[location.index()]);
  frames.insert(frames.end(), named.begin(), named.end());
}

std::vector<uint32_t> FrameNamer::name(const Location& location) {
  const Module& module = profile_.modules[location.module.index()];
  if (location.lines.empty()) {
    if (const char* text = note_text(location.status)) return {note(text)};
    return {intern({.name = unnamed_frame(profile_, location),
                    .module = module.path,
                    .build_id = module.build_id,
                    .offset = location.offset,
                    .kind = kind_of(module.kind)})};
  }
  std::vector<uint32_t> outermost_first;
  for (auto line = location.lines.rbegin(); line != location.lines.rend(); ++line)
    outermost_first.push_back(
        intern({.name = profile_.functions[line->function.index()].name,
                .module = module.path,
                .build_id = module.build_id,
                .offset = location.offset,
                .file = line->file,
                .line = line->line,
                .kind = line->inlined ? FrameKind::kInlined : kind_of(module.kind)}));
  return outermost_first;
}

uint32_t FrameNamer::intern(ViewFrame frame) {
  std::string key = frame.name + '\0' + frame.module + '\0' + frame.file + '\0' +
                    std::to_string(frame.line) + static_cast<char>('0' + int(frame.kind));
  auto [slot, is_new] = index_.try_emplace(std::move(key), static_cast<uint32_t>(frames_.size()));
  if (is_new) frames_.push_back(std::move(frame));
  return slot->second;
}

}  // namespace perfscope::model
