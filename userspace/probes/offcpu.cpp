#include "probes/offcpu.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bpf/wire.h"
#include "capture/bpf_support.h"
#include "offcpu.skel.h"
#include "probes/drops.h"
#include "probes/samples.h"
#include "probes/thread_times.h"

namespace perfscope::probes {
namespace {

const model::Metric kMetric{"offcpu", "offcpu", model::Shape::kStackSamples,
                            model::Unit::kNanoseconds,
                            "time off CPU, blocked or runnable, by the stack that left the CPU"};

// The ways to run on this kernel, best first.
enum class Mode {
  kTaskStorage,   // tp_btf with task storage; since v5.11
  kThreadMap,     // tp_btf with a map by thread id
  kRawTracepoint  // raw_tp with a map by thread id; threads that never switch are not seen
};

const char* mode_name(Mode mode) {
  switch (mode) {
    case Mode::kTaskStorage: return "tp_btf/sched_switch, task storage";
    case Mode::kThreadMap: return "tp_btf/sched_switch, thread map";
    case Mode::kRawTracepoint: return "raw_tp/sched_switch, thread map";
  }
  return "";
}

class OffCpuProbe final : public capture::Probe {
 public:
  ~OffCpuProbe() override {
    if (ring_ != nullptr) ring_buffer__free(ring_);
  }

  const char* name() const override { return "offcpu"; }

  Status start(const capture::ProbeContext& context) override {
    std::vector<Mode> modes{Mode::kTaskStorage, Mode::kThreadMap, Mode::kRawTracepoint};
    using Hooks = capture::ProbeOptions::Hooks;
    if (context.options.hooks == Hooks::kThreadMap) modes = {Mode::kThreadMap};
    if (context.options.hooks == Hooks::kRawTracepoints) modes = {Mode::kRawTracepoint};
    Status loaded = Ok{};
    for (Mode mode : modes) {
      mode_ = mode;
      loaded = load(context);
      if (loaded) break;
      log::debug(std::string("offcpu: ") + mode_name(mode) + ": " + loaded.error().message());
    }
    if (!loaded) return loaded;
    ring_ = ring_buffer__new(bpf_map__fd(skeleton_->maps.ended), on_ended, this, nullptr);
    if (ring_ == nullptr) return capture::libbpf_error("read the ring of ended threads", errno);
    if (int error = offcpu_bpf::attach(skeleton_.get()); error != 0)
      return capture::libbpf_error("attach", error);
    read_threads();  // opens the accounts of the threads that are there
    records_.clear();
    return Ok{};
  }

  std::string detail() const override { return mode_name(mode_); }

  void close_window() override {
    ring_buffer__consume(ring_);
    read_threads();
    samples_.turn();
  }

  void collect(capture::Collector& collector) override {
    model::MetricId metric = collector.metric(kMetric);
    samples_.drain([&](const ps_sample_key& key, const ps_sample_value& sum) {
      collector.sample(metric, key, sum.value, sum.count);
    });
    for (const ps_thread_record& record : ended_) times_.add_last(record, collector);
    ended_.clear();
    for (const ps_thread_record& record : records_) {
      times_.add(record, collector);
      report_open_wait(record, metric, collector);
    }
    records_.clear();
    drops_.collect(name(), skeleton_->maps.drops, collector);
  }

  void stop() override {
    offcpu_bpf::detach(skeleton_.get());
    stopped_ = true;
  }

  const bpf_object* object() const override { return skeleton_ ? skeleton_->obj : nullptr; }

 private:
  Status load(const capture::ProbeContext& context) {
    skeleton_ = capture::Skeleton<offcpu_bpf>(offcpu_bpf::open());
    if (!skeleton_) return capture::libbpf_error("open", errno);
    bool raw = mode_ == Mode::kRawTracepoint;
    bool storage = mode_ == Mode::kTaskStorage;
    skeleton_->rodata->filter = context.filter;
    skeleton_->rodata->use_task_storage = storage;
    skeleton_->rodata->min_block_ns = static_cast<uint64_t>(context.options.min_block.count());
    auto& programs = skeleton_->progs;
    for (bpf_program* program :
         {programs.switch_btf, programs.wakeup_btf, programs.wakeup_new_btf, programs.dump_threads})
      bpf_program__set_autoload(program, !raw);
    for (bpf_program* program : {programs.switch_raw, programs.wakeup_raw, programs.wakeup_new_raw})
      bpf_program__set_autoload(program, raw);
    bpf_program__set_autoattach(programs.dump_threads, false);
    bpf_map__set_autocreate(skeleton_->maps.by_task, storage);
    bpf_map__set_autocreate(skeleton_->maps.by_tid, !storage);
    if (Status shared = capture::share_maps(skeleton_->obj, context.maps); !shared) return shared;
    if (int error = offcpu_bpf::load(skeleton_.get()); error != 0)
      return capture::libbpf_error("load", error);
    samples_ = SampleMaps(skeleton_->maps.samples_even, skeleton_->maps.samples_odd,
                          &skeleton_->bss->generation);
    if (raw) return Ok{};
    iterator_ = capture::Link(bpf_program__attach_iter(programs.dump_threads, nullptr));
    if (!iterator_) return capture::libbpf_error("attach the thread iterator", errno);
    return Ok{};
  }

  static int on_ended(void* probe, void* data, std::size_t bytes) {
    if (bytes == sizeof(ps_thread_record))
      static_cast<OffCpuProbe*>(probe)->ended_.push_back(
          *static_cast<const ps_thread_record*>(data));
    return 0;
  }

  // Appends every target thread's record.
  void read_threads() {
    if (mode_ == Mode::kRawTracepoint) return read_thread_map();
    Fd stream(bpf_iter_create(bpf_link__fd(iterator_.get())));
    std::array<char, 64 * sizeof(ps_thread_record)> buffer{};
    std::size_t used = 0;
    while (stream) {
      ssize_t got = ::read(stream.get(), buffer.data() + used, buffer.size() - used);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got <= 0) break;
      used += static_cast<std::size_t>(got);
      std::size_t whole = used / sizeof(ps_thread_record);
      std::size_t at = records_.size();
      records_.resize(at + whole);
      std::memcpy(&records_[at], buffer.data(), whole * sizeof(ps_thread_record));
      std::memmove(buffer.data(), buffer.data() + whole * sizeof(ps_thread_record),
                   used - whole * sizeof(ps_thread_record));
      used -= whole * sizeof(ps_thread_record);
    }
  }

  // Without the iterator, open waits can only be closed when nothing changes them any more.
  void read_thread_map() {
    uint64_t now = monotonic_ns();
    capture::read_hash(skeleton_->maps.by_tid, sizeof(uint32_t), sizeof(ps_thread),
                       [&](const void*, const void* value) {
                         ps_thread_record record{};
                         std::memcpy(&record.thread, value, sizeof(record.thread));
                         record.now_ns = now;
                         if (!stopped_) record.thread.reported_ns = now;
                         if (record.thread.since_ns != 0) records_.push_back(record);
                       });
  }

  // The part of a wait that has passed but not ended. Its end will count as the event.
  void report_open_wait(const ps_thread_record& record, model::MetricId metric,
                        capture::Collector& collector) {
    const ps_thread& thread = record.thread;
    uint64_t from = std::max(thread.since_ns, thread.reported_ns);
    bool waits = thread.state == PS_RUNNABLE || thread.state == PS_BLOCKED;
    if (!waits || record.now_ns <= from ||
        record.now_ns - thread.since_ns < skeleton_->rodata->min_block_ns)
      return;
    ps_sample_key key{thread.process, thread.user_stack, thread.kernel_stack, thread.tid,
                      thread.state};
    collector.sample(metric, key, record.now_ns - from, stopped_ ? 1 : 0);
  }

  capture::Skeleton<offcpu_bpf> skeleton_;
  capture::Link iterator_;
  ring_buffer* ring_ = nullptr;
  SampleMaps samples_;
  ThreadTimes times_;
  std::vector<ps_thread_record> ended_;    // final records of threads and images
  std::vector<ps_thread_record> records_;  // of threads that live
  DropReader drops_;
  Mode mode_ = Mode::kTaskStorage;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<capture::Probe> make_offcpu_probe() { return std::make_unique<OffCpuProbe>(); }

}  // namespace perfscope::probes
