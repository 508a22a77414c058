#include "cli/recording.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <unistd.h>

#include "base/log.h"
#include "base/units.h"
#include "capture/session.h"
#include "cli/views.h"
#include "model/builder.h"
#include "output/writer.h"
#include "probes/registry.h"
#include "store/reader.h"
#include "store/writer.h"

namespace perfscope::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecordingExtension = ".perfscope";

bool is_recording(const std::string& path) { return path.ends_with(kRecordingExtension); }

Status check_output(const std::string& path) {
  if (!is_recording(path))
    if (Result<const output::OutputFormat*> format = output::format_for(path); !format)
      return Error(format.error().code(), "-o " + format.error().message());
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return Error(ErrorCode::kCannotWrite, "-o " + path + " is a folder; give the name of a file");
  fs::path folder = fs::absolute(path).parent_path();
  if (::access(folder.c_str(), W_OK) == 0) return Ok{};
  return errno_error(ErrorCode::kCannotWrite,
                     "-o " + path + ": cannot write to the folder " + folder.string(), errno);
}

Status check_outputs(const std::vector<std::string>& outputs) {
  std::set<std::string> seen;
  for (const std::string& path : outputs) {
    if (Status fine = check_output(path); !fine) return fine;
    if (!seen.insert(fs::absolute(path).lexically_normal()).second)
      return Error(ErrorCode::kUsage, "-o " + path + " is given twice");
  }
  if (std::count_if(outputs.begin(), outputs.end(), is_recording) > 1)
    return Error(ErrorCode::kUsage,
                 "-o: only one .perfscope file can be recorded; copy it instead");
  return Ok{};
}

Result<std::string> temporary_recording() {
  std::string folder = fs::temp_directory_path() / "perfscope-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr)
    return errno_error(ErrorCode::kCannotWrite, "create a temporary folder " + folder, errno);
  return folder + "/recording" + kRecordingExtension;
}

std::string describe_target(const RecordingOptions& options) {
  if (!options.command.empty()) return "command " + options.command.front() + " and its children";
  if (options.target.tid != 0) return "thread " + std::to_string(options.target.tid);
  if (!options.target.cgroup.empty()) return "cgroup " + options.target.cgroup;
  if (options.target.pids.empty()) return "system-wide";
  std::string text = options.target.pids.size() == 1 ? "process" : "processes";
  for (uint32_t pid : options.target.pids) text += " " + std::to_string(pid);
  return text + " and children";
}

// Said once it is true: what cannot start says why, and nothing else.
void announce(const RecordingOptions& options) {
  std::string what = "recording, " + describe_target(options);
  if (options.duration.count() > 0)
    what += ", for " + format_duration(static_cast<uint64_t>(options.duration.count()));
  log::info(what + "; Ctrl-C ends it early");
}

void set_facts(const RecordingOptions& options, model::Profile& profile) {
  auto& facts = profile.facts;
  facts["perfscope.version"] = PERFSCOPE_VERSION;
  facts["recording.command"] = options.command_line;
  facts["recording.target"] = describe_target(options);
  facts["recording.complete"] = "no";  // until it is
}

}  // namespace

Result<RecordingResult> record(const RecordingOptions& options) {
  if (Status fine = check_outputs(options.outputs); !fine) return fine.error();
  Result<capture::Target> target = capture::resolve_target(options.target);
  if (!target) return target.error();
  auto probes = probes::make_probes(options.probes);
  if (!probes) return probes.error();

  RecordingResult result{};
  auto asked = std::find_if(options.outputs.begin(), options.outputs.end(), is_recording);
  result.temporary = asked == options.outputs.end();
  Result<std::string> file = result.temporary ? temporary_recording() : Result<std::string>(*asked);
  if (!file) return file.error();
  result.file = *file;

  capture::SessionOptions session;
  session.target = *target;
  using Hooks = capture::ProbeOptions::Hooks;
  session.probe = {
      options.frequency_hz, options.min_block,
      options.force_raw_tracepoints ? Hooks::kRawTracepoints : Hooks::kBest,
      options.frame_pointers ? capture::Unwind::kFramePointers : capture::Unwind::kTables,
      options.unwind_memory_bytes};
  session.duration = options.duration;
  session.slice = options.slice;
  session.command = options.command;
  if (options.command.empty()) session.started = [&options] { announce(options); };

  model::Builder builder;
  set_facts(options, builder.profile());
  // The file appears with the first slice: a recording that cannot start replaces nothing.
  std::optional<store::Writer> writer;
  bool has_slices = false;
  auto sink = [&](model::Builder& slice) -> Status {
    if (!writer) {
      Result<store::Writer> created = store::Writer::create(result.file);
      if (!created) return created.error();
      writer.emplace(std::move(*created));
    }
    Status stored = writer->append(slice.profile());
    has_slices = has_slices || stored.has_value();
    if (!has_slices) {  // not even one found room: leave nothing
      writer.reset();
      std::error_code ignored;
      fs::remove(result.file, ignored);
    }
    return stored;
  };
  Result<capture::SessionResult> ran =
      capture::run_session(std::move(session), std::move(*probes), builder, sink);
  if (!ran) {
    if (result.temporary) remove_temporary(result);
    return ran.error();
  }
  result.exit_code = ran->exit_code;
  builder.profile().facts["recording.complete"] = "yes";
  if (writer)
    if (Status finished = writer->finish(builder.profile()); !finished) return finished.error();
  return result;
}

Status write_outputs(const std::string& recording, const std::vector<std::string>& outputs) {
  std::vector<std::string> others;
  std::copy_if(outputs.begin(), outputs.end(), std::back_inserter(others),
               [](const std::string& path) { return !is_recording(path); });
  if (others.empty()) return Ok{};
  Result<model::Profile> profile = store::read_profile(recording);
  if (!profile) return profile.error();
  for (const std::string& path : others)
    if (Status written = write_view_file(*profile, "", {}, path); !written)
      return Error(written.error().code(),
                   written.error().message() + " (the recording is kept in " + recording + ")");
  return Ok{};
}

void remove_temporary(const RecordingResult& result) {
  if (!result.temporary) return;
  std::error_code ignored;
  fs::remove_all(fs::path(result.file).parent_path(), ignored);
}

}  // namespace perfscope::cli
