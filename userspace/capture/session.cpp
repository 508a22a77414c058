#include "capture/session.h"

#include <csignal>
#include <ctime>
#include <optional>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bpf/wire.h"
#include "capture/bpf_support.h"
#include "capture/collector.h"
#include "capture/event_loop.h"
#include "capture/host_facts.h"
#include "capture/naming.h"
#include "capture/process_table.h"
#include "capture/stack_store.h"
#include "capture/unwind_tables.h"
#include "session.skel.h"

namespace perfscope::capture {
namespace {

constexpr std::chrono::milliseconds kDrainPeriod{100};

// Every module, perf event and map is a descriptor: take what the hard limit allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// libbpf reads the kernel's type information, megabytes, once for every object. Memory that goes
// back to the kernel in between is paid for in page faults each time: keep it, and give it back at
// the end.
class LoadingMemory {
 public:
  LoadingMemory() {
    constexpr int kKeepBytes = 64 << 20;
    ::mallopt(M_MMAP_THRESHOLD, kKeepBytes / 2);
    ::mallopt(M_TRIM_THRESHOLD, kKeepBytes);
    ::mallopt(M_TOP_PAD, kKeepBytes / 4);
  }
  LoadingMemory(const LoadingMemory&) = delete;
  LoadingMemory& operator=(const LoadingMemory&) = delete;
  ~LoadingMemory() {
    ::mallopt(M_TOP_PAD, 128 << 10);
    ::malloc_trim(0);
  }
};

// The session's own BPF object: shared maps and the following of children.
class SharedObject {
 public:
  static Result<SharedObject> load(const ps_filter& filter, bool force_raw) {
    if (!force_raw) {
      Result<SharedObject> modern = load_twin(filter, false);
      if (modern) return modern;
      log::debug(modern.error().message() + "; trying raw tracepoints");
    }
    return load_twin(filter, true);
  }

  Status attach() {
    if (int error = session_bpf::attach(skeleton_.get()); error != 0)
      return libbpf_error("follow child processes", error);
    return Ok{};
  }

  Status set_targets(const std::vector<uint32_t>& pids) {
    uint8_t one = 1;
    for (uint32_t pid : pids) {
      if (bpf_map_update_elem(maps().targets, &pid, &one, BPF_ANY) != 0)
        return errno_error(ErrorCode::kFailed, "record process " + std::to_string(pid), errno);
      // Its end may have come before there was anything to take it out again.
      if (!is_alive(pid)) bpf_map_delete_elem(maps().targets, &pid);
    }
    return Ok{};
  }

  bool has_targets() const {
    uint32_t first = 0;
    return bpf_map_get_next_key(maps().targets, nullptr, &first) == 0;
  }

  SharedMaps maps() const {
    return {bpf_map__fd(skeleton_->maps.targets), bpf_map__fd(skeleton_->maps.stacks),
            bpf_map__fd(skeleton_->maps.seen), unwind_maps()};
  }
  UnwindMaps unwind_maps() const {
    return {bpf_map__fd(skeleton_->maps.uw_slabs), bpf_map__fd(skeleton_->maps.uw_modules),
            bpf_map__fd(skeleton_->maps.uw_processes), bpf_map__fd(skeleton_->maps.uw_requests),
            bpf_map__fd(skeleton_->maps.uw_asked)};
  }
  void forget_seen() {
    drain_hash(skeleton_->maps.seen, sizeof(uint64_t), sizeof(uint8_t),
               [](const void*, const void*) {});
  }
  const bpf_object* object() const { return skeleton_->obj; }
  DropCounts drops() const { return read_drops(skeleton_->maps.drops); }

 private:
  explicit SharedObject(Skeleton<session_bpf> skeleton) : skeleton_(std::move(skeleton)) {}

  static Result<SharedObject> load_twin(const ps_filter& filter, bool raw) {
    Skeleton<session_bpf> skeleton(session_bpf::open());
    if (!skeleton) return libbpf_error("open session", errno);
    skeleton->rodata->filter = filter;
    bool follow = filter.mode == PS_PIDS;
    bpf_program__set_autoload(skeleton->progs.fork_btf, follow && !raw);
    bpf_program__set_autoload(skeleton->progs.exit_btf, follow && !raw);
    bpf_program__set_autoload(skeleton->progs.fork_raw, follow && raw);
    bpf_program__set_autoload(skeleton->progs.exit_raw, follow && raw);
    if (int error = session_bpf::load(skeleton.get()); error != 0)
      return libbpf_error("load the recording's maps", error);
    return SharedObject(std::move(skeleton));
  }

  Skeleton<session_bpf> skeleton_;
};

class Session {
 public:
  Session(SessionOptions options, std::vector<std::unique_ptr<Probe>> probes,
          model::Builder& builder, const SliceSink& sink)
      : options_(std::move(options)),
        offered_(std::move(probes)),
        builder_(builder),
        sink_(sink),
        symbolizer_({.kallsyms_cache = "/run/perfscope/kallsyms"}),
        processes_(builder),
        stacks_(builder, processes_, symbolizer_.kernel()),
        collector_(builder, processes_, stacks_) {}

  Result<SessionResult> run() {
    if (Status ready = prepare(); !ready) return ready.error();
    Result<EventLoop> loop = EventLoop::create();
    if (!loop) return loop.error();
    if (Status watching = watch(*loop); !watching) return watching.error();
    // The command may only start once nothing can be missed.
    if (child_)
      if (Status released = child_->release(); !released) return released.error();
    if (options_.started) options_.started();
    if (Status ran = loop->run(); !ran) return ran.error();
    if (Status done = finish(); !done) return done.error();
    SessionResult result;
    if (child_) result.exit_code = child_->wait();
    return result;
  }

 private:
  Status prepare() {
    raise_descriptor_limit();
    LoadingMemory keep_until_loaded;
    statistics_ = enable_bpf_statistics();
    facts();
    if (Status started = start_command(); !started) return started;
    if (Status loaded = load_shared(); !loaded) return loaded;
    if (Status ready = prepare_unwinding(); !ready) return ready;
    if (Status started = start_probes(); !started) return started;
    begin_ns_ = monotonic_ns();
    builder_.begin_slice(begin_ns_);
    return Ok{};
  }

  Status start_command() {
    if (options_.command.empty()) return Ok{};
    Result<Child> child = Child::start(options_.command);
    if (!child) return child.error();
    child_.emplace(std::move(*child));
    options_.target.filter.mode = PS_PIDS;
    options_.target.pids = {static_cast<uint32_t>(child_->pid())};
    return Ok{};
  }

  Status load_shared() {
    Result<SharedObject> shared = SharedObject::load(
        options_.target.filter, options_.probe.hooks == ProbeOptions::Hooks::kRawTracepoints);
    if (!shared) return shared.error();
    shared_.emplace(std::move(*shared));
    if (Status attached = shared_->attach(); !attached) return attached;
    if (options_.target.filter.mode != PS_PIDS) return Ok{};
    // After attaching, so that no child falls between the two.
    Status set = shared_->set_targets(with_descendants(options_.target.pids));
    if (!set || !targets_ended()) return set;
    return Error(ErrorCode::kNoTarget, "-p " + std::to_string(options_.target.pids.front()) +
                                           ": ended before it could be recorded; start it with: "
                                           "perfscope record -- COMMAND");
  }

  bool targets_ended() const {
    const ps_filter& filter = options_.target.filter;
    if (filter.mode == PS_PIDS) return !shared_->has_targets();
    return filter.mode == PS_TID && !is_alive(filter.tid);
  }

  // The tables of what runs already are there before the first sample.
  Status prepare_unwinding() {
    ps_filter& filter = options_.target.filter;
    filter.unwind = filter.user_stacks != 0 && options_.probe.unwind == Unwind::kTables;
    if (filter.unwind == 0) return Ok{};
    Result<std::unique_ptr<UnwindTables>> tables =
        UnwindTables::create(shared_->unwind_maps(), options_.probe.unwind_memory_bytes);
    if (!tables) return tables.error();
    unwind_ = std::move(*tables);
    if (filter.mode == PS_PIDS)
      unwind_->add_processes(with_descendants(options_.target.pids));
    else if (filter.mode == PS_ALL)
      unwind_->add_all_processes();
    return Ok{};
  }

  Status start_probes() {
    ProbeContext context{options_.target.filter, shared_->maps(), options_.probe};
    std::optional<Error> failure;
    for (std::unique_ptr<Probe>& probe : offered_) {
      Status started = probe->start(context);
      builder_.profile().probes.push_back({probe->name(), started.has_value(),
                                           started ? probe->detail() : started.error().message()});
      if (started) {
        probes_.push_back(std::move(probe));
      } else {
        failure = started.error();
        log::warn("probe " + std::string(probe->name()) + " is off: " + failure->message());
      }
    }
    if (probes_.empty() && failure) return *failure;
    return Ok{};
  }

  Status watch(EventLoop& loop) {
    ring_ = ring_buffer__new(shared_->maps().stacks, on_stack, this, nullptr);
    if (ring_ == nullptr) return libbpf_error("read the stack ring", errno);
    auto stop = [&loop] { loop.stop(); };
    Status watching = loop.watch(ring_buffer__epoll_fd(ring_), [this] { drain_stacks(); });
    if (watching)
      watching = loop.every(kDrainPeriod, [this, &loop] {
        drain_stacks();
        if (child_ || !targets_ended()) return;
        log::info("what was recorded has ended");
        loop.stop();
      });
    if (watching)
      watching = loop.every(options_.slice, [this, &loop] {
        if (Status stored = end_slice(); !stored) fail(loop, stored.error());
      });
    if (watching && unwind_) watching = loop.watch(unwind_->fd(), [this] { unwind_->answer(); });
    if (watching && options_.duration.count() > 0) watching = loop.after(options_.duration, stop);
    if (watching && child_) watching = loop.watch(child_->exit_fd(), stop);
    if (watching)
      watching = loop.on_signals({SIGINT, SIGTERM}, [this, &loop](int signal, bool from_process) {
        // A terminal's Ctrl-C has reached the command already.
        if (child_ && (from_process || signal == SIGTERM)) child_->send(signal);
        loop.stop();
      });
    return watching;
  }

  void fail(EventLoop& loop, const Error& error) {
    failure_ = error;
    loop.stop();
  }

  static int on_stack(void* session, void* data, std::size_t bytes) {
    auto* self = static_cast<Session*>(session);
    if (bytes >= offsetof(ps_stack_event, ips))
      self->stacks_.add(*static_cast<const ps_stack_event*>(data), bytes, monotonic_ns());
    return 0;
  }

  void drain_stacks() { ring_buffer__consume(ring_); }

  // Everything up to now becomes a slice: probes turn the page, then stacks are read, so that no
  // sample refers to a stack that is still on its way, then samples.
  Status end_slice() {
    for (auto& probe : probes_) probe->close_window();
    uint64_t now = monotonic_ns();
    drain_stacks();
    for (auto& probe : probes_) probe->collect(collector_);
    drain_stacks();
    collect_session_drops();
    name_new_locations();
    builder_.end_slice(now);
    Status stored = sink_(builder_);
    builder_.clear_slice();
    processes_.forget_ended();
    if (unwind_) unwind_->tidy();
    if (stacks_.is_full()) {
      stacks_.clear();
      shared_->forget_seen();
    }
    builder_.begin_slice(now);
    return stored;
  }

  void name_new_locations() {
    std::vector<model::LocationId> fresh = builder_.take_new_locations();
    fresh.insert(fresh.end(), unnamed_.begin(), unnamed_.end());
    unnamed_ = name_locations(builder_, processes_.files(), symbolizer_, fresh);
  }

  void collect_session_drops() {
    DropCounts now = shared_->drops();
    for (std::size_t i = 0; i < now.size(); ++i)
      collector_.drop("session", drop_name(static_cast<ps_drop>(i)), now.at(i) - drops_.at(i));
    drops_ = now;
    collector_.drop("session", "process_gone", processes_.missed() - missed_);
    missed_ = processes_.missed();
  }

  Status finish() {
    for (auto& probe : probes_) probe->stop();
    bill();
    Status stored = end_slice();
    builder_.profile().facts.merge(collector_.stack_ends());
    builder_.profile().slices.pop_back();  // the slice that end_slice() opened
    ring_buffer__free(ring_);
    if (failure_) return *failure_;
    return stored;
  }

  void facts() {
    auto& facts = builder_.profile().facts;
    facts.merge(host_facts());
    facts["recording.started_at"] = utc_now();
    facts["recording.pid"] = std::to_string(::getpid());
    facts["recording.frequency_hz"] = std::to_string(options_.probe.frequency_hz);
    facts["recording.min_block_ns"] = std::to_string(options_.probe.min_block.count());
  }

  // What looking has cost so far: the bill that every result carries.
  void bill() {
    BpfCost sum;
    add_cost(shared_->object(), sum);
    for (const auto& probe : probes_) add_cost(probe->object(), sum);
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto ns = [](const timeval& t) {
      return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 +
             static_cast<uint64_t>(t.tv_usec) * 1000;
    };
    auto& facts = builder_.profile().facts;
    facts["cost.bpf_run_ns"] = std::to_string(sum.run_ns);
    facts["cost.bpf_runs"] = std::to_string(sum.runs);
    facts["cost.map_bytes"] = std::to_string(sum.map_bytes);
    facts["cost.user_ns"] = std::to_string(ns(used.ru_utime));
    facts["cost.system_ns"] = std::to_string(ns(used.ru_stime));
    facts["cost.peak_rss_bytes"] = std::to_string(static_cast<uint64_t>(used.ru_maxrss) * 1024);
    facts["stacks.distinct"] = std::to_string(stacks_.stacks());
    facts["stacks.truncated"] = std::to_string(stacks_.truncated());
    if (unwind_) facts.merge(unwind_->facts());
  }

  SessionOptions options_;
  std::vector<std::unique_ptr<Probe>> offered_;
  std::vector<std::unique_ptr<Probe>> probes_;
  model::Builder& builder_;
  const SliceSink& sink_;
  symbolizer::Symbolizer symbolizer_;
  ProcessTable processes_;
  StackStore stacks_;
  Collector collector_;
  std::optional<SharedObject> shared_;
  std::unique_ptr<UnwindTables> unwind_;
  std::optional<Child> child_;
  std::optional<Error> failure_;
  ring_buffer* ring_ = nullptr;
  Fd statistics_;
  std::vector<model::LocationId> unnamed_;
  DropCounts drops_{};
  uint64_t missed_ = 0;
  uint64_t begin_ns_ = 0;
};

}  // namespace

Result<SessionResult> run_session(SessionOptions options,
                                  std::vector<std::unique_ptr<Probe>> probes,
                                  model::Builder& builder, const SliceSink& sink) {
  return Session(std::move(options), std::move(probes), builder, sink).run();
}

std::vector<model::ProbeStatus> try_probes(std::vector<std::unique_ptr<Probe>> probes) {
  std::vector<model::ProbeStatus> results;
  Result<SharedObject> shared = SharedObject::load(ps_filter{}, false);
  for (std::unique_ptr<Probe>& probe : probes) {
    if (!shared) {
      results.push_back({probe->name(), false, shared.error().message()});
      continue;
    }
    Status started = probe->start({ps_filter{}, shared->maps(), {}});
    results.push_back({probe->name(), started.has_value(),
                       started ? probe->detail() : started.error().message()});
    if (started) probe->stop();
  }
  return results;
}

}  // namespace perfscope::capture
