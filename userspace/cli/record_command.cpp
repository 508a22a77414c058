#include <memory>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/recording.h"
#include "cli/terminal.h"
#include "output/report.h"
#include "store/reader.h"

namespace perfscope::cli {
namespace {

constexpr std::chrono::seconds kDiagnosis{10};

struct RecordArguments {
  RecordingOptions options;
  std::string pids;
  std::string duration;
  std::string min_block;
  std::string slice;
  bool whole_host = false;
  bool user_only = false;
  bool kernel_only = false;
  std::string frequency;
  std::string unwind;
  std::string unwind_memory;
  bool lacks_command = false;  // nothing behind --
};

Status parse_pids(const std::string& text, std::vector<uint32_t>& pids) {
  if (text.empty()) return Ok{};
  for (const std::string& word : CLI::detail::split(text, ',')) {
    uint32_t pid = 0;
    if (!CLI::detail::lexical_cast(word, pid) || pid == 0)
      return Error(ErrorCode::kUsage, "-p: '" + word + "' is not a process id; give PID[,PID…]");
    pids.push_back(pid);
  }
  return Ok{};
}

Status parse_duration_option(const char* name, const std::string& text,
                             std::chrono::nanoseconds& value) {
  if (text.empty()) return Ok{};
  Result<std::chrono::nanoseconds> parsed = parse_duration(text);
  if (!parsed) return Error(ErrorCode::kUsage, std::string(name) + ": " + parsed.error().message());
  value = *parsed;
  return Ok{};
}

Status parse_frequency(const std::string& text, uint32_t& frequency_hz) {
  if (text.empty()) return Ok{};
  int64_t value = 0;
  if (!CLI::detail::lexical_cast(text, value) || value < 1 || value > 100'000)
    return Error(ErrorCode::kUsage,
                 "-F: '" + text + "' is not a rate in Hz from 1 to 100000; 97 is a good one");
  int64_t limit = 0;
  std::string limit_text = read_line("/proc/sys/kernel/perf_event_max_sample_rate");
  if (CLI::detail::lexical_cast(limit_text, limit) && value > limit)
    return Error(ErrorCode::kUsage, "-F: " + text + " Hz is above this host's limit of " +
                                        limit_text + "; raise it with: sysctl " +
                                        "kernel.perf_event_max_sample_rate=" + text);
  frequency_hz = static_cast<uint32_t>(value);
  return Ok{};
}

Status parse_unwinding(const RecordArguments& a, RecordingOptions& options) {
  if (!a.unwind.empty() && a.unwind != "eh_frame" && a.unwind != "fp")
    return Error(ErrorCode::kUsage, "--unwind: '" + a.unwind + "' is neither eh_frame nor fp");
  options.frame_pointers = a.unwind == "fp";
  if (a.unwind_memory.empty()) return Ok{};
  uint64_t megabytes = 0;
  if (!CLI::detail::lexical_cast(a.unwind_memory, megabytes) || megabytes < 2 || megabytes > 512)
    return Error(ErrorCode::kUsage, "--unwind-memory: '" + a.unwind_memory +
                                        "' is not a number of megabytes from 2 to 512");
  options.unwind_memory_bytes = megabytes << 20;
  return Ok{};
}

Status one_target(const RecordArguments& a) {
  int targets = (a.options.target.pids.empty() ? 0 : 1) + (a.options.target.tid != 0 ? 1 : 0) +
                (a.options.target.cgroup.empty() ? 0 : 1) + (a.whole_host ? 1 : 0) +
                (a.options.command.empty() ? 0 : 1);
  if (targets > 1)
    return Error(ErrorCode::kUsage, "give one of -p, -t, --cgroup, -a and a command, not several");
  if (a.user_only && a.kernel_only)
    return Error(ErrorCode::kUsage, "-U and -K exclude each other; give neither for both stacks");
  return Ok{};
}

Status complete(RecordArguments& a) {
  if (a.lacks_command)
    return Error(ErrorCode::kUsage, "no command after --; give one, or leave the -- out");
  Status fine = parse_pids(a.pids, a.options.target.pids);
  if (fine) fine = parse_duration_option("-d", a.duration, a.options.duration);
  if (fine) fine = parse_duration_option("--min-block", a.min_block, a.options.min_block);
  if (fine) fine = parse_duration_option("--slice", a.slice, a.options.slice);
  if (fine) fine = parse_frequency(a.frequency, a.options.frequency_hz);
  if (fine) fine = parse_unwinding(a, a.options);
  if (fine) fine = one_target(a);
  if (fine && a.options.slice < std::chrono::milliseconds(10))
    fine = Error(ErrorCode::kUsage, "--slice: shorter than 10ms");
  a.options.target.kernel_stacks = !a.user_only;
  a.options.target.user_stacks = !a.kernel_only;
  if (a.options.outputs.empty()) a.options.outputs = {"last.perfscope"};
  return fine;
}

Result<int> run_record(RecordArguments& arguments) {
  if (Status fine = complete(arguments); !fine) return fine.error();
  const RecordingOptions& options = arguments.options;
  Result<RecordingResult> recorded = record(options);
  if (!recorded) return recorded.error();
  if (Status written = write_outputs(recorded->file, options.outputs); !written)
    return written.error();
  remove_temporary(*recorded);
  for (const std::string& path : options.outputs) log::info("wrote " + path);
  return recorded->exit_code;
}

}  // namespace

void add_record(CLI::App& app, Action& action, const Invocation& invocation) {
  CLI::App* command = app.add_subcommand("record", "record stacks and thread times to a file");
  auto a = std::make_shared<RecordArguments>();
  a->options.command_line = invocation.command_line;
  a->options.command = invocation.command;
  a->lacks_command = invocation.has_dashes && invocation.command.empty();
  // An option that a script left empty must not mean "the default".
  auto given = [](const std::string& text) { return text.empty() ? "is empty" : ""; };
  command->add_option("-p,--pid", a->pids, "these processes and their children: PID[,PID…]")
      ->check(given);
  command->add_option("-t,--tid", a->options.target.tid, "this thread")
      ->check(CLI::Range(1U, 1U << 22));
  command->add_option("--cgroup", a->options.target.cgroup, "this cgroup (v2) and those below it")
      ->check(given);
  command->add_flag("-a,--all", a->whole_host, "the whole host (the default)");
  command->add_option("-F,--frequency", a->frequency, "CPU samples per second and CPU [97]")
      ->check(given);
  command
      ->add_option("-d,--duration", a->duration,
                   "how long: 10s, 500ms, 2m; a bare number is seconds")
      ->check(given);
  command->add_option("--min-block", a->min_block, "stacks only of waits at least this long: 1ms")
      ->check(given);
  command->add_option("--slice", a->slice, "length of the file's time slices [1s]")->check(given);
  command->add_option("--probes", a->options.probes, "comma-separated; see: perfscope list probes")
      ->check(given);
  command
      ->add_option("-o,--output", a->options.outputs,
                   "file to write, repeatable; the extension is the format [last.perfscope]")
      ->take_all()
      ->allow_extra_args(false)
      ->check(given);
  command->add_flag("-U,--user-only", a->user_only, "user stacks only");
  command->add_flag("-K,--kernel-only", a->kernel_only, "kernel stacks only");
  command
      ->add_flag("--raw-tracepoints", a->options.force_raw_tracepoints,
                 "use the programs for kernels without BTF tracepoints")
      ->group("");
  command->add_option("--unwind", a->unwind, "user stacks by eh_frame tables or by fp [eh_frame]")
      ->group("")
      ->check(given);
  command
      ->add_option("--unwind-memory", a->unwind_memory,
                   "megabytes that unwind tables may take [32]")
      ->check(given);
  command->footer(
      "perfscope record [OPTIONS] -- COMMAND [ARGUMENTS] starts and records a command.");
  command->callback([a, &action] { action = [a] { return run_record(*a); }; });
}

Result<int> diagnose(const Invocation& invocation) {
  RecordingOptions options;
  options.duration = kDiagnosis;
  options.command_line = invocation.command_line;
  Result<RecordingResult> recorded = record(options);
  if (!recorded) return recorded.error();
  Result<model::Profile> profile = store::read_profile(recorded->file);
  remove_temporary(*recorded);
  if (!profile) return profile.error();
  return print(output::report_as_text(output::make_report(*profile), text_options()));
}

}  // namespace perfscope::cli
