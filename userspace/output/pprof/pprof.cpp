// pprof: gzip-compressed protobuf, read by go tool pprof, Pyroscope, Parca, speedscope and others.
#include <map>
#include <string>
#include <unordered_map>

#include "base/text.h"
#include "output/formats.h"
#include "output/gzip.h"
#include "output/time.h"
#include "profile.pb.h"

namespace perfscope::output {
namespace {

using FrameRun =
    std::vector<uint32_t>;  // a real frame and what was inlined into it, outermost first

// Fills one pprof::Profile; each table is interned so that equal rows are written once.
class PprofBuilder {
 public:
  explicit PprofBuilder(const model::View& view) : view_(view) { intern(""); }

  pprof::Profile build() {
    add_sample_types();
    for (const model::ViewStack& stack : view_.stacks) add_sample(stack);
    add_metadata();
    return std::move(profile_);
  }

 private:
  int64_t intern(const std::string& text) {
    std::string safe = printable(text);
    auto [entry, added] = strings_.try_emplace(safe, profile_.string_table_size());
    if (added) profile_.add_string_table(safe);
    return entry->second;
  }

  void add_sample_types() {
    pprof::ValueType* events = profile_.add_sample_type();
    events->set_type(intern(view_.name == "cpu" ? "samples" : "events"));
    events->set_unit(intern("count"));
    *profile_.add_sample_type() = value_type();
    profile_.set_default_sample_type(intern(view_.name));
  }

  pprof::ValueType value_type() {
    pprof::ValueType type;
    type.set_type(intern(view_.name));
    type.set_unit(intern(model::unit_name(view_.unit)));
    return type;
  }

  uint64_t mapping_of(const model::ViewFrame& frame) {
    if (frame.module.empty()) return 0;
    auto [entry, added] =
        mappings_.try_emplace({frame.module, frame.build_id}, mappings_.size() + 1);
    if (added) add_mapping(frame, entry->second);
    pprof::Mapping* mapping = profile_.mutable_mapping(static_cast<int>(entry->second) - 1);
    if (frame.offset >= mapping->memory_limit()) mapping->set_memory_limit(frame.offset + 1);
    if (!frame.file.empty()) mapping->set_has_filenames(true);
    if (frame.line != 0) mapping->set_has_line_numbers(true);
    return entry->second;
  }

  // Addresses are offsets in the module, hence a mapping that begins at 0.
  void add_mapping(const model::ViewFrame& frame, uint64_t id) {
    pprof::Mapping* mapping = profile_.add_mapping();
    mapping->set_id(id);
    mapping->set_filename(intern(frame.module));
    mapping->set_build_id(intern(frame.build_id));
    mapping->set_has_functions(true);
  }

  uint64_t function_of(const model::ViewFrame& frame) {
    auto [entry, added] = functions_.try_emplace({frame.name, frame.file}, functions_.size() + 1);
    if (added) {
      pprof::Function* function = profile_.add_function();
      function->set_id(entry->second);
      function->set_name(intern(frame.name));
      function->set_system_name(intern(frame.name));
      function->set_filename(intern(frame.file));
    }
    return entry->second;
  }

  uint64_t location_of(const FrameRun& run) {
    auto [entry, added] = locations_.try_emplace(run, locations_.size() + 1);
    if (added) add_location(run, entry->second);
    return entry->second;
  }

  void add_location(const FrameRun& run, uint64_t id) {
    const model::ViewFrame& real = view_.frames[run.front()];
    pprof::Location* location = profile_.add_location();
    location->set_id(id);
    location->set_mapping_id(mapping_of(real));
    location->set_address(real.offset);
    for (auto frame = run.rbegin(); frame != run.rend(); ++frame) {
      pprof::Line* line = location->add_line();
      line->set_function_id(function_of(view_.frames[*frame]));
      line->set_line(view_.frames[*frame].line);
    }
    if (run.size() > 1 && location->mapping_id() != 0)
      profile_.mutable_mapping(static_cast<int>(location->mapping_id()) - 1)
          ->set_has_inline_frames(true);
  }

  std::vector<FrameRun> runs_of(const model::ViewStack& stack) const {
    std::vector<FrameRun> runs;
    for (uint32_t frame : stack.frames) {
      bool inlined = view_.frames[frame].kind == model::FrameKind::kInlined;
      if (inlined && !runs.empty())
        runs.back().push_back(frame);
      else
        runs.push_back({frame});
    }
    return runs;
  }

  void add_sample(const model::ViewStack& stack) {
    pprof::Sample* sample = profile_.add_sample();
    std::vector<FrameRun> runs = runs_of(stack);
    for (auto run = runs.rbegin(); run != runs.rend(); ++run)
      sample->add_location_id(location_of(*run));
    sample->add_value(static_cast<int64_t>(stack.count));
    sample->add_value(static_cast<int64_t>(stack.value));
    events_ += stack.count;
    add_process_label(stack, *sample);
  }

  void add_process_label(const model::ViewStack& stack, pprof::Sample& sample) {
    if (stack.frames.empty()) return;
    const model::ViewFrame& root = view_.frames[stack.frames.front()];
    if (root.kind != model::FrameKind::kProcess) return;
    pprof::Label* label = sample.add_label();
    label->set_key(intern("process"));
    label->set_str(intern(root.name));
  }

  void add_metadata() {
    profile_.set_time_nanos(unix_ns(view_.recorded_at).value_or(0));
    profile_.set_duration_nanos(static_cast<int64_t>(view_.duration_ns));
    *profile_.mutable_period_type() = value_type();
    uint64_t mean = events_ == 0 ? 0 : view_.total / events_;
    profile_.set_period(static_cast<int64_t>(view_.period_ns > 0 ? view_.period_ns : mean));
    for (const std::string& comment :
         {"perfscope: " + view_.title, "host: " + view_.host, "command: " + view_.command})
      profile_.add_comment(intern(comment));
  }

  const model::View& view_;
  pprof::Profile profile_;
  uint64_t events_ = 0;
  std::unordered_map<std::string, int64_t> strings_;
  std::map<std::pair<std::string, std::string>, uint64_t> mappings_;   // module, build id
  std::map<std::pair<std::string, std::string>, uint64_t> functions_;  // name, file
  std::map<FrameRun, uint64_t> locations_;
};

}  // namespace

Result<std::string> write_pprof(const model::View& view, const WriteOptions& /*options*/) {
  std::string bytes;
  if (!PprofBuilder(view).build().SerializeToString(&bytes))
    return Error(ErrorCode::kFailed, "pprof: the profile is larger than 2 GiB; narrow the view");
  return gzip(bytes);
}

}  // namespace perfscope::output
