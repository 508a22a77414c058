// Session: one recording from first load to last slice. It owns lifetimes and order; what is
// measured belongs to the probes, what is kept to the slice sink.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/child.h"
#include "capture/probe.h"
#include "capture/target.h"
#include "model/builder.h"

namespace perfscope::capture {

struct SessionOptions {
  Target target;
  ProbeOptions probe;
  std::chrono::nanoseconds duration{0};  // 0: until the targets have ended or a signal comes
  std::chrono::nanoseconds slice{std::chrono::seconds(1)};
  std::vector<std::string> command;  // to start and record; may be empty
  std::function<void()> started;     // called once everything is attached; may be empty
};

// Stores a finished slice. Called with the builder's current slice complete; the session clears it
// afterwards. An error ends the recording.
using SliceSink = std::function<Status(model::Builder& builder)>;

struct SessionResult {
  int exit_code = 0;  // of the command; 0 without one
};

// Runs a recording to its end: duration, the end of the command or of every process or thread that
// was asked for and its children, SIGINT or SIGTERM. Errors: a process ended before it could be
// attached to, no probe could start, the command could not be run, or the sink failed. `builder`
// keeps the tables and facts of the recording.
Result<SessionResult> run_session(SessionOptions options,
                                  std::vector<std::unique_ptr<Probe>> probes,
                                  model::Builder& builder, const SliceSink& sink);

// Loads and attaches each probe for a moment, on its own: what works on this host, and why the rest
// does not.
std::vector<model::ProbeStatus> try_probes(std::vector<std::unique_ptr<Probe>> probes);

}  // namespace perfscope::capture
