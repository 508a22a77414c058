// The report for people: fits a terminal, most important first.
#include <algorithm>
#include <sstream>

#include "base/text.h"
#include "base/units.h"
#include "output/report.h"

namespace perfscope::output {
namespace {

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string right(const std::string& text, std::size_t width) {
  std::size_t have = columns(text);
  return have >= width ? text : std::string(width - have, ' ') + text;
}

class TextReport {
 public:
  TextReport(const Report& report, const TextOptions& options) : r_(report), o_(options) {}

  std::string run() {
    header();
    processes();
    functions();
    waits();
    quality();
    bill();
    return out_.str();
  }

 private:
  std::string fact(const std::string& key) const {
    auto found = r_.facts.find(key);
    return found == r_.facts.end() ? "" : printable(found->second);
  }

  std::string styled(const char* code, const std::string& text) const {
    return o_.colour ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  }
  std::string bold(const std::string& text) const { return styled("1", text); }
  std::string dim(const std::string& text) const { return styled("2", text); }

  void title(const std::string& text, const std::string& remark = "") {
    out_ << '\n' << bold(text);
    if (!remark.empty()) out_ << "  " << dim(remark);
    out_ << '\n';
  }

  void header() {
    out_ << bold("perfscope") << " on " << fact("host.name") << ": "
         << format_duration(r_.duration_ns) << " from " << fact("recording.started_at") << ", "
         << fact("recording.target") << '\n';
    out_ << dim(fact("host.os") + ", Linux " + fact("host.kernel") + " " + fact("host.arch") + ", " +
                fact("host.cpus_online") + " CPUs")
         << '\n';
    for (const model::ProbeStatus& probe : r_.probes)
      out_ << dim(probe.probe + (probe.active ? ": " : " is off: ") + printable(probe.detail))
           << '\n';
    if (fact("recording.complete") == "no")
      out_ << styled("33", "The recording was interrupted: this is every slice it finished.")
           << '\n';
  }

  void processes() {
    if (r_.processes.empty()) return;
    uint64_t on_cpu = 0;
    uint64_t off_cpu = 0;
    for (const ProcessTime& row : r_.processes) {
      on_cpu += row.on_cpu_ns;
      off_cpu += row.runnable_ns + row.blocked_ns;
    }
    title("Processes by time", format_duration(on_cpu) + " on CPU, " + format_duration(off_cpu) +
                                   " off CPU, in thread-seconds");
    std::size_t name_width = std::max<std::size_t>(o_.width, 72) - 56;
    out_ << dim("    ON CPU   RUNNABLE    BLOCKED  THREADS      PID  " + fit("PROCESS", name_width))
         << '\n';
    std::size_t shown = 0;
    for (const ProcessTime& row : r_.processes) {
      if (shown == o_.rows || (row.on_cpu_ns == 0 && shown > 0)) break;
      ++shown;
      std::string name = printable(row.name);
      if (!row.command.empty() && row.command != row.name)
        name += "  " + printable(row.command);
      out_ << right(format_duration(row.on_cpu_ns), 10) << ' '
           << right(format_duration(row.runnable_ns), 10) << ' '
           << right(format_duration(row.blocked_ns), 10) << ' '
           << right(std::to_string(row.threads), 8) << ' ' << right(std::to_string(row.pid), 8)
           << "  " << trimmed(fit(name, name_width)) << '\n';
    }
    more(r_.processes.size() - shown, "processes");
  }

  void functions() {
    if (r_.sampled_ns == 0) return;
    title("Functions by CPU time", "of " + format_duration(r_.sampled_ns) + " sampled");
    out_ << dim("   SELF   TOTAL  FUNCTION") << '\n';
    std::size_t shown = 0;
    for (const FunctionTime& row : r_.functions) {
      if (shown == o_.rows || row.self_ns == 0) break;
      ++shown;
      std::string module = "  " + printable(row.module);
      std::size_t room = o_.width > 17 + columns(module) ? o_.width - 17 - columns(module) : 20;
      out_ << right(format_percent(ratio(row.self_ns, r_.sampled_ns)), 7) << ' '
           << right(format_percent(ratio(row.total_ns, r_.sampled_ns)), 7) << "  "
           << trimmed(fit(printable(row.name), room)) << dim(module) << '\n';
    }
  }

  void waits() {
    if (r_.waits.empty()) return;
    std::string remark = "blocked or runnable, leaf first";
    if (r_.idle_threads > 0)
      remark += "; " + format_count(r_.idle_threads) + " threads that only slept are left out";
    title("Longest waits by stack", remark);
    constexpr std::size_t kStacks = 5;
    for (std::size_t i = 0; i < std::min(r_.waits.size(), kStacks); ++i) wait(r_.waits[i]);
  }

  void wait(const WaitingStack& row) {
    std::string head = printable(row.process) + " " + std::to_string(row.pid);
    if (row.thread != row.process && !row.thread.empty())
      head += ", thread " + printable(row.thread);
    out_ << right(format_duration(row.ns), 10) << "  " << bold(head) << ", " << row.state;
    if (row.waits > 0)
      out_ << ", " << format_count(row.waits) << (row.waits == 1 ? " wait" : " waits of ")
           << (row.waits == 1 ? "" : format_duration(row.ns / row.waits) + " on average");
    out_ << '\n';
    // Arrows from the leaf outwards, cut where the terminal ends.
    std::string line;
    std::size_t lines = 0;
    for (std::size_t i = 0; i < row.frames.size() && lines < 2; ++i) {
      std::string frame = printable(row.frames[i]);
      if (columns(frame) > 40) frame = fit(frame, 40);
      if (columns(line) + columns(frame) + 15 > o_.width) {
        out_ << "            " << dim(line) << '\n';
        line.clear();
        if (++lines == 2) break;
      }
      line += (i == 0 ? "" : "← ") + frame + " ";
    }
    if (lines < 2 && !line.empty()) out_ << "            " << dim(line) << '\n';
  }

  void quality() {
    title("Quality");
    for (const StackQuality& row : r_.quality) {
      if (row.frames == 0) continue;
      out_ << "  " << fit(row.metric, 8) << format_percent(ratio(row.complete_ns, row.user_ns))
           << " of stack time reaches main or a thread's entry, "
           << format_percent(ratio(row.named_frames, row.frames)) << " of frames named";
      std::string separator = "; ";
      for (const auto& [reason, frames] : row.unnamed) {
        out_ << separator << reason << ' ' << format_percent(ratio(frames, row.frames));
        separator = ", ";
      }
      out_ << '\n';
    }
    if (r_.bill.stacks_truncated > 0)
      out_ << "  " << format_count(r_.bill.stacks_truncated)
           << " stacks were cut at 127 frames; raise with: sysctl kernel.perf_event_max_stack=512\n";
  }

  void bill() {
    const Bill& b = r_.bill;
    title("The bill", format_percent(b.cpu_ratio, 2) + " of one CPU in all");
    out_ << "  " << format_count(b.samples) << " CPU samples, " << format_count(b.waits)
         << " waits; ";
    if (b.lost.empty()) out_ << "nothing lost";
    std::string separator;
    for (const auto& [reason, count] : b.lost) {
      out_ << separator << format_count(count) << ' ' << reason;
      separator = ", ";
    }
    out_ << '\n'
         << "  BPF " << format_duration(b.bpf_run_ns) << ", own CPU "
         << format_duration(b.user_ns + b.system_ns) << ", peak memory "
         << format_bytes(b.peak_rss_bytes) << ", kernel maps " << format_bytes(b.map_bytes) << '\n';
  }

  void more(std::size_t count, const char* what) {
    if (count > 0) out_ << dim("  … and " + format_count(count) + " more " + what) << '\n';
  }

  static std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }

  const Report& r_;
  const TextOptions& o_;
  std::ostringstream out_;
};

}  // namespace

std::string report_as_text(const Report& report, const TextOptions& options) {
  return TextReport(report, options).run();
}

}  // namespace perfscope::output
