#include "unit/model/sample_profiles.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace perfscope::testing {
namespace {

using namespace model;  // NOLINT: the whole file is about the model

constexpr uint64_t kMs = 1'000'000;

const Metric kCpu{"cpu", "cpu", Shape::kStackSamples, Unit::kNanoseconds,
                  "time on CPU, one sampling period per sample"};
const Metric kOffCpu{"offcpu", "offcpu", Shape::kStackSamples, Unit::kNanoseconds,
                     "time off CPU, blocked or runnable, by the stack that left the CPU"};
const Metric kLatency{"disk_latency", "disk", Shape::kHistogram, Unit::kNanoseconds,
                      "time of a disk request"};
const Metric kReceived{"net_received", "net", Shape::kSeries, Unit::kBytes, "bytes received"};

class Shop {
 public:
  Profile make() {
    facts();
    metrics();
    actors();
    first_slice();
    second_slice();
    b_.profile().probes = {
        {"cpu", true, "cycles at 97 Hz on 4 CPUs"},
        {"offcpu", true, "tp_btf/sched_switch, task storage"},
        {"disk", false,
         "load: Operation not permitted; run as root, or grant CAP_BPF and "
         "CAP_PERFMON"},
    };
    return b_.profile();
  }

 private:
  void facts() {
    b_.profile().facts = {
        {"perfscope.version", "0.1.0"},
        {"recording.command", "perfscope record -d 10s -o shop.perfscope"},
        {"recording.target", "system-wide"},
        {"recording.started_at", "2026-01-31T12:00:00Z"},
        {"recording.complete", "yes"},
        {"recording.frequency_hz", "97"},
        {"recording.min_block_ns", "0"},
        {"host.name", "web-1"},
        {"host.os", "Debian GNU/Linux 12 (bookworm)"},
        {"host.kernel", "6.1.0-18-amd64"},
        {"host.arch", "x86_64"},
        {"host.cpus_online", "4"},
        {"host.memory_bytes", "16777216000"},
        {"host.boot_id", "00000000-0000-4000-8000-000000000000"},
        {"cost.bpf_run_ns", "31000000"},
        {"cost.bpf_runs", "123456"},
        {"cost.map_bytes", "9437184"},
        {"cost.user_ns", "120000000"},
        {"cost.system_ns", "48000000"},
        {"cost.peak_rss_bytes", "41943040"},
        {"stacks.distinct", "9"},
        {"stacks.truncated", "3"},
    };
  }

  void metrics() {
    cpu_ = b_.metric(kCpu).index();
    offcpu_ = b_.metric(kOffCpu).index();
    latency_ = b_.metric(kLatency).index();
    received_ = b_.metric(kReceived).index();
  }

  ThreadId thread(uint32_t pid, uint32_t tid, const std::string& name, const std::string& command,
                  const std::string& comm) {
    ProcessId process = b_.process({pid, 3, 1'000'000'000ULL + pid});
    Process& row = b_.profile().processes[process.index()];
    row.name = name;
    row.command = command;
    row.cgroup = command.empty() ? "" : "/system.slice/" + name + ".service";
    row.parent_pid = pid == 2 ? 0 : 1;
    ThreadId id = b_.thread(process, tid);
    b_.profile().threads[id.index()].name = comm;
    return id;
  }

  void actors() {
    worker_ = thread(4242, 4242, "nginx", "nginx: worker process", "nginx").index();
    aio_ = thread(4242, 4250, "nginx", "nginx: worker process", "nginx-aio").index();
    postgres_ =
        thread(815, 815, "postgres", "postgres: shop shop [local] SELECT", "postgres").index();
    python_ = thread(31337, 31337, "python3",
                     "/usr/bin/python3 /srv/shop/jobs/recompute_recommendations.py --all-customers "
                     "--since=2025-01-01",
                     "python3")
                  .index();
    java_ = thread(999999, 1000001, "java", "/usr/bin/java -jar /opt/search.jar", "GC Thread#0")
                .index();
    sleeper_ =
        thread(411, 411, "systemd-journal", "/lib/systemd/systemd-journald", "systemd-journal")
            .index();
    kworker_ = thread(57, 57, "kworker/0:1", "", "kworker/0:1").index();
  }

  LocationId named(ModuleKind kind, const std::string& path, uint64_t offset,
                   const std::string& name, const std::string& file = "", uint32_t line = 0,
                   NameStatus status = NameStatus::kNamed) {
    bool has_build_id = kind == ModuleKind::kFile;
    ModuleId module =
        b_.module(kind, path, has_build_id ? "c0ffee" + std::to_string(path.size()) : "");
    LocationId id = b_.location(module, offset);
    Location& row = b_.profile().locations[id.index()];
    row.status = status;
    row.lines = {{b_.function(name, short_module_name(path)), file, line, false}};
    return id;
  }
  LocationId kernel(uint64_t offset, const std::string& name) {
    return named(ModuleKind::kKernel, "[kernel]", offset, name);
  }
  LocationId unnamed(ModuleKind kind, const std::string& path, uint64_t offset, NameStatus status) {
    LocationId id = b_.location(b_.module(kind, path, ""), offset);
    b_.profile().locations[id.index()].status = status;
    return id;
  }

  std::vector<LocationId> libc_start() {
    const std::string libc = "/usr/lib/x86_64-linux-gnu/libc.so.6";
    return {named(ModuleKind::kFile, "/usr/sbin/nginx", 0x1000, "_start"),
            named(ModuleKind::kFile, libc, 0x2724a, "__libc_start_main"),
            named(ModuleKind::kFile, "/usr/sbin/nginx", 0x2000, "main", "src/core/nginx.c", 382)};
  }
  std::vector<LocationId> in_nginx(std::vector<LocationId> rest) {
    std::vector<LocationId> stack = libc_start();
    stack.insert(stack.end(), rest.begin(), rest.end());
    return stack;
  }

  // A real function with another one inlined into it.
  LocationId inlined() {
    LocationId id = named(ModuleKind::kFile, "/usr/sbin/nginx", 0x3000, "ngx_http_process_request",
                          "src/http/ngx_http_request.c", 2075);
    std::vector<Line>& lines = b_.profile().locations[id.index()].lines;
    if (lines.size() == 1)
      lines.insert(lines.begin(),
                   {b_.function("ngx_hash_find", "nginx"), "src/core/ngx_hash.c", 18, true});
    return id;
  }

  void sample(std::size_t metric, std::size_t thread, ThreadState state,
              const std::vector<LocationId>& root_first, uint64_t ms, uint64_t count) {
    b_.profile().samples.push_back({b_.slice(),
                                    MetricId(metric),
                                    ThreadId(thread),
                                    state,
                                    b_.stack(root_first),
                                    {},
                                    {},
                                    ms * kMs,
                                    count});
  }
  void ledger(std::size_t thread, uint64_t on_cpu_ms, uint64_t runnable_ms, uint64_t blocked_ms) {
    auto add = [&](ThreadState state, uint64_t ms) {
      if (ms > 0) b_.profile().ledger.push_back({b_.slice(), ThreadId(thread), state, ms * kMs});
    };
    add(ThreadState::kOnCpu, on_cpu_ms);
    add(ThreadState::kRunnable, runnable_ms);
    add(ThreadState::kBlocked, blocked_ms);
  }

  void first_slice() {
    const std::string tls = "/usr/lib/x86_64-linux-gnu/libcrypto.so.3";
    b_.begin_slice(1'000'000 * kMs);
    sample(
        cpu_, worker_, ThreadState::kOnCpu,
        in_nginx({inlined(), named(ModuleKind::kFile, tls, 0x9000, "aesni_ctr32_encrypt_blocks")}),
        1200, 116);
    sample(cpu_, worker_, ThreadState::kOnCpu,
           in_nginx({inlined(), kernel(0x100, "entry_SYSCALL_64_after_hwframe"),
                     kernel(0x200, "do_syscall_64"), kernel(0x300, "tcp_sendmsg")}),
           310, 30);
    sample(cpu_, python_, ThreadState::kOnCpu,
           {named(ModuleKind::kFile, "/usr/bin/python3.11", 0x1111, "_start"),
            named(ModuleKind::kFile, "/usr/bin/python3.11", 0x2222, "_PyEval_EvalFrameDefault"),
            named(ModuleKind::kFile, "/usr/bin/python3.11", 0x2222, "_PyEval_EvalFrameDefault"),
            named(ModuleKind::kFile, "/srv/shop/native/_recommend.cpython-311-x86_64-linux-gnu.so",
                  0x4444,
                  "std::vector<shop::recommend::Candidate, std::allocator<shop::recommend::"
                  "Candidate> >::emplace_back<shop::recommend::Candidate>(shop::recommend::"
                  "Candidate&&)")},
           2050, 199);
    sample(cpu_, java_, ThreadState::kOnCpu,
           {unnamed(ModuleKind::kUnknown, "[unknown]", 0x10, NameStatus::kNoSymbol),
            named(ModuleKind::kJit, "[jit 999999]", 0x7f00, "Lcom/shop/Search;::rank"),
            unnamed(ModuleKind::kAnonymous, "[anonymous]", 0x7f1234, NameStatus::kNoSymbol)},
           90, 9);
    sample(offcpu_, worker_, ThreadState::kBlocked,
           in_nginx({kernel(0x200, "do_syscall_64"), kernel(0x400, "do_epoll_wait"),
                     kernel(0x500, "schedule")}),
           3100, 812);
    sample(offcpu_, worker_, ThreadState::kRunnable,
           in_nginx({inlined(), kernel(0x600, "irqentry_exit_to_user_mode")}), 140, 95);
    sample(offcpu_, aio_, ThreadState::kBlocked,
           {b_.note(NameStatus::kNoUserStack), kernel(0x200, "do_syscall_64"),
            named(ModuleKind::kKernelModule, "[ext4]", 0x700, "ext4_file_read_iter"),
            kernel(0x800, "io_schedule")},
           4400, 37);
    sample(offcpu_, sleeper_, ThreadState::kBlocked, {b_.note(NameStatus::kBeforeRecording)}, 5000,
           0);
    ledger(worker_, 1490, 150, 3360);
    ledger(aio_, 12, 1, 4987);
    ledger(python_, 2061, 40, 0);
    ledger(java_, 101, 0, 4899);
    ledger(sleeper_, 0, 0, 5000);
    ledger(kworker_, 3, 0, 4997);
    b_.profile().histograms.push_back({b_.slice(),
                                       MetricId(latency_),
                                       {{"device", "nvme0n1"}, {"operation", "read"}},
                                       {{1'048'575, 30}, {4'194'303, 7}},
                                       44 * kMs,
                                       3'900'000});
    b_.profile().series.push_back(
        {b_.slice(), MetricId(received_), {{"interface", "eth0"}}, 1.5e6});
    b_.profile().drops = {{b_.slice(), "cpu", "idle", 1204},
                          {b_.slice(), "offcpu", "below_min_block", 17}};
    b_.end_slice(1'005'000 * kMs);
  }

  void second_slice() {
    b_.begin_slice(1'005'000 * kMs);
    std::optional<StackId> lock = b_.stack(in_nginx(
        {kernel(0x200, "do_syscall_64"), kernel(0x900, "do_futex"), kernel(0x500, "schedule")}));
    std::optional<StackId> waker =
        b_.stack(in_nginx({kernel(0x200, "do_syscall_64"), kernel(0xa00, "futex_wake")}));
    b_.profile().samples.push_back({b_.slice(), MetricId(offcpu_), ThreadId(worker_),
                                    ThreadState::kBlocked, lock, waker, ThreadId(aio_), 700 * kMs,
                                    1});
    sample(cpu_, postgres_, ThreadState::kOnCpu,
           {named(ModuleKind::kFile, "/usr/lib/postgresql/15/bin/postgres", 0x100, "main"),
            named(ModuleKind::kFile, "/usr/lib/postgresql/15/bin/postgres", 0x5000,
                  "postgres+0x5000", "", 0, NameStatus::kBounds),
            unnamed(ModuleKind::kFile, "/usr/lib/postgresql/15/lib/pg_trgm.so", 0x1234,
                    NameStatus::kUnreadable)},
           620, 60);
    sample(
        cpu_, kworker_, ThreadState::kOnCpu,
        {kernel(0xb00, "ret_from_fork"), kernel(0xc00, "kthread"), kernel(0xd00, "worker_thread"),
         named(ModuleKind::kBpf, "[bpf]", 0xffffffffc0201234, "bpf_prog_6deef7357e7b4530_probe")},
        4, 1);
    sample(cpu_, python_, ThreadState::kOnCpu, {b_.note(NameStatus::kStackLost)}, 20, 2);
    sample(offcpu_, postgres_, ThreadState::kBlocked,
           {named(ModuleKind::kFile, "/usr/lib/postgresql/15/bin/postgres", 0x100, "main"),
            b_.note(NameStatus::kNoMapping)},
           2200, 4100);
    ledger(worker_, 15, 2, 4983);
    ledger(postgres_, 640, 20, 4340);
    ledger(python_, 30, 0, 10);
    ledger(sleeper_, 0, 0, 5000);
    ledger(kworker_, 4, 0, 4996);
    b_.profile().series.push_back(
        {b_.slice(), MetricId(received_), {{"interface", "eth0"}}, 2.25e6});
    b_.profile().drops.push_back({b_.slice(), "session", "process_gone", 2});
    b_.end_slice(1'010'000 * kMs);
  }

  Builder b_;
  std::size_t cpu_ = 0, offcpu_ = 0, latency_ = 0, received_ = 0;
  std::size_t worker_ = 0, aio_ = 0, postgres_ = 0, python_ = 0, java_ = 0, sleeper_ = 0;
  std::size_t kworker_ = 0;
};

}  // namespace

Profile shop_profile() { return Shop().make(); }

Profile hostile_profile() {
  Profile p = shop_profile();
  const std::string kLong(300, 'W');
  p.processes[0].name = "\x1b[31mred\x1b]0;title\x07";
  p.processes[0].command = "a\nb\tc " + kLong;
  p.processes[1].name = "\xff\xfe";
  p.processes[2].name = kLong;
  p.threads[0].name = "\x1b[2J";
  p.threads[1].name = kLong;
  p.facts["host.name"] = "\x1b[1mhost " + kLong;
  p.facts["recording.target"] =
      "processes 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 "
      "23 24 25 26 27 28 29 30 and children";
  p.facts["recording.complete"] = "no";
  for (std::size_t i = 0; i < p.functions.size(); ++i) {
    Function& function = p.functions[i];
    if (i % 3 == 0) function.name = "<script>alert(1)</script>\x1b[5m" + function.name;
    if (i % 3 == 1) function.name += kLong;
    if (i % 4 == 1) function.module = kLong + ".so";
  }
  p.probes[2].detail = kLong + "\n" + kLong;
  p.drops[1].probe = kLong;
  p.drops[1].reason = "\x1b[7m";
  return p;
}

Profile empty_profile() {
  Profile p;
  p.slices = {{1000 * kMs, 2000 * kMs}};
  return p;
}

Profile big_profile(uint32_t stacks, uint32_t samples, uint32_t slices) {
  std::mt19937 random(1);
  auto below = [&random](uint64_t limit) { return static_cast<uint32_t>(random() % limit); };
  Builder b;
  MetricId cpu = b.metric(kCpu);
  MetricId offcpu = b.metric(kOffCpu);
  std::vector<LocationId> locations;
  for (uint32_t i = 0; i < 20'000; ++i) {
    ModuleId module =
        b.module(ModuleKind::kFile, "/usr/lib/lib" + std::to_string(i % 200) + ".so", "");
    LocationId id = b.location(module, i * 64);
    Location& row = b.profile().locations[id.index()];
    row.status = NameStatus::kNamed;
    row.lines = {{b.function("function_" + std::to_string(i / 2), "lib.so"), "", 0, false}};
    locations.push_back(id);
  }
  std::vector<ThreadId> threads;
  for (uint32_t i = 0; i < 1000; ++i)
    threads.push_back(b.thread(b.process({100 + i / 10, 1, 5}), 100 + i));
  std::vector<StackId> whole;
  for (uint32_t i = 0; i < stacks; ++i) {
    // Neighbours share their roots, as real stacks do.
    std::vector<LocationId> frames;
    uint32_t depth = 8 + below(33);
    for (uint32_t level = 0; level < depth; ++level)
      frames.push_back(
          locations[level < depth / 2 ? (i / 50 * 7 + level) % 20'000 : below(20'000)]);
    whole.push_back(*b.stack(frames));
  }
  for (uint32_t s = 0; s < slices; ++s) {
    b.begin_slice(s * 1000 * kMs);
    for (uint32_t i = 0; i < samples / slices; ++i) {
      bool on_cpu = i % 2 == 0;
      b.profile().samples.push_back({b.slice(),
                                     on_cpu ? cpu : offcpu,
                                     threads[below(1000)],
                                     on_cpu ? ThreadState::kOnCpu : ThreadState::kBlocked,
                                     whole[below(whole.size())],
                                     {},
                                     {},
                                     1000 + below(kMs),
                                     1});
    }
    for (ThreadId thread : threads)
      b.profile().ledger.push_back({b.slice(), thread, ThreadState::kOnCpu, 500 * kMs});
    b.end_slice((s + 1) * 1000 * kMs);
  }
  return b.profile();
}

Profile only_slice(const Profile& profile, uint32_t slice) {
  Profile part = profile;
  auto is_other = [slice](const auto& row) { return row.slice != SliceId(slice); };
  std::erase_if(part.samples, is_other);
  std::erase_if(part.histograms, is_other);
  std::erase_if(part.series, is_other);
  std::erase_if(part.ledger, is_other);
  std::erase_if(part.drops, is_other);
  part.slices.resize(slice + 1, {0, 0});
  return part;
}

}  // namespace perfscope::testing
