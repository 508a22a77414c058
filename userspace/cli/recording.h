// Recording: from options to a .perfscope file, and on to whatever else was asked for.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/target.h"

namespace perfscope::cli {

struct RecordingOptions {
  capture::TargetOptions target;
  std::vector<std::string> command;
  uint32_t frequency_hz = 97;
  std::chrono::nanoseconds duration{0};
  std::chrono::nanoseconds min_block{0};
  std::chrono::nanoseconds slice{std::chrono::seconds(1)};
  std::string probes;
  std::vector<std::string> outputs;
  bool force_raw_tracepoints = false;
  bool frame_pointers = false;  // user stacks by frame pointers alone
  uint64_t unwind_memory_bytes = uint64_t{32} << 20;
  std::string command_line;
};

struct RecordingResult {
  std::string file;   // the .perfscope file, also when it was not asked for
  bool temporary;     // nobody asked for it: remove it when done
  int exit_code = 0;  // of the command
};

// Records. Every output is checked for being writable before the recording begins.
Result<RecordingResult> record(const RecordingOptions& options);

// Writes the outputs other than the recording itself, each in the format of its extension.
Status write_outputs(const std::string& recording, const std::vector<std::string>& outputs);

void remove_temporary(const RecordingResult& result);

}  // namespace perfscope::cli
