#include "probes/cpu.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <vector>

#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/wire.h"
#include "capture/bpf_support.h"
#include "capture/online_cpus.h"
#include "cpu.skel.h"
#include "probes/drops.h"
#include "probes/samples.h"

namespace perfscope::probes {
namespace {

const model::Metric kMetric{"cpu", "cpu", model::Shape::kStackSamples, model::Unit::kNanoseconds,
                            "time on CPU, one sampling period per sample"};

perf_event_attr event_attributes(bool hardware, uint32_t frequency_hz) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = hardware ? PERF_TYPE_HARDWARE : PERF_TYPE_SOFTWARE;
  attributes.config =
      hardware ? uint64_t{PERF_COUNT_HW_CPU_CYCLES} : uint64_t{PERF_COUNT_SW_CPU_CLOCK};
  attributes.freq = 1;
  attributes.sample_freq = frequency_hz;
  return attributes;
}

Result<Fd> open_event(bool hardware, uint32_t frequency_hz, int cpu) {
  perf_event_attr attributes = event_attributes(hardware, frequency_hz);
  Fd fd(static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  if (fd) return fd;
  bool permission = errno == EPERM || errno == EACCES;
  return errno_error(permission ? ErrorCode::kNotPermitted : ErrorCode::kFailed,
                     "perf_event_open on CPU " + std::to_string(cpu), errno);
}

class CpuProbe final : public capture::Probe {
 public:
  const char* name() const override { return "cpu"; }

  Status start(const capture::ProbeContext& context) override {
    skeleton_ = capture::Skeleton<cpu_bpf>(cpu_bpf::open());
    if (!skeleton_) return capture::libbpf_error("open", errno);
    skeleton_->rodata->filter = context.filter;
    if (Status shared = capture::share_maps(skeleton_->obj, context.maps); !shared) return shared;
    if (int error = cpu_bpf::load(skeleton_.get()); error != 0)
      return capture::libbpf_error("load", error);
    samples_ = SampleMaps(skeleton_->maps.samples_even, skeleton_->maps.samples_odd,
                          &skeleton_->bss->generation);
    frequency_hz_ = context.options.frequency_hz;
    // Cycles where a PMU counts them, else the timer.
    hardware_ = open_event(true, frequency_hz_, capture::online_cpus().front()).has_value();
    return attach_new_cpus();
  }

  std::string detail() const override {
    return (hardware_ ? "cycles at " : "cpu-clock at ") + std::to_string(frequency_hz_) +
           " Hz on " + std::to_string(events_.size()) + " CPUs";
  }

  void close_window() override { samples_.turn(); }

  void collect(capture::Collector& collector) override {
    model::MetricId metric = collector.metric(kMetric);
    uint64_t period_ns = 1'000'000'000 / frequency_hz_;
    samples_.drain([&](const ps_sample_key& key, const ps_sample_value& sum) {
      collector.sample(metric, key, sum.value * period_ns, sum.count);
    });
    drops_.collect(name(), skeleton_->maps.drops, collector);
    if (!stopped_) follow_hotplug();
  }

  void stop() override {
    stopped_ = true;
    events_.clear();
  }

  const bpf_object* object() const override { return skeleton_ ? skeleton_->obj : nullptr; }

 private:
  Status attach_new_cpus() {
    for (int cpu : capture::online_cpus()) {
      if (events_.contains(cpu)) continue;
      Result<Fd> event = open_event(hardware_, frequency_hz_, cpu);
      if (!event) return event.error();
      bpf_link* link = bpf_program__attach_perf_event(skeleton_->progs.cpu_sample, event->get());
      if (link == nullptr)
        return capture::libbpf_error("attach to CPU " + std::to_string(cpu), errno);
      event->release();  // the link owns it now
      events_.emplace(cpu, capture::Link(link));
    }
    return Ok{};
  }

  // A CPU that went offline took its event with it; one that came (back) needs a new one.
  void follow_hotplug() {
    std::vector<int> online = capture::online_cpus();
    std::erase_if(events_, [&](const auto& event) {
      return std::find(online.begin(), online.end(), event.first) == online.end();
    });
    if (events_.size() == online.size()) return;
    // A CPU that leaves between the list and the attach is caught in the next slice.
    [[maybe_unused]] Status attached = attach_new_cpus();
  }

  capture::Skeleton<cpu_bpf> skeleton_;
  SampleMaps samples_;
  std::map<int, capture::Link> events_;  // by CPU
  DropReader drops_;
  uint32_t frequency_hz_ = 0;
  bool hardware_ = false;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<capture::Probe> make_cpu_probe() { return std::make_unique<CpuProbe>(); }

}  // namespace perfscope::probes
