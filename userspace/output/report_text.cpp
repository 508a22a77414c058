// The report for people: fits a terminal, most important first.
#include <algorithm>
#include <sstream>

#include "base/text.h"
#include "base/units.h"
#include "output/report.h"
#include "output/text_layout.h"

namespace perfscope::output {
namespace {

constexpr std::size_t kLeastWidth = 72;

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(uint64_t part, uint64_t whole) { return format_percent(ratio(part, whole)); }

// "python3" that runs "/usr/bin/python3 /srv/job.py" reads "python3 /srv/job.py": what tells two
// processes of one name apart is in the arguments.
std::string process_text(const ProcessTime& row) {
  std::string name = printable(row.name.empty() ? "?" : row.name);
  std::string command = printable(row.command);
  if (command.empty()) return name;
  std::size_t blank = command.find(' ');
  std::size_t slash = command.rfind('/', blank);
  std::string shown = slash == std::string::npos ? command : command.substr(slash + 1);
  return shown.starts_with(name) ? shown : name + "  " + command;
}

// "no_symbol" -> "no symbol"
std::string words(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

class TextReport {
 public:
  TextReport(const Report& report, const TextOptions& options)
      : r_(report), o_(options), width_(std::max(options.width, kLeastWidth)) {}

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
  // ---- pieces --------------------------------------------------------------------------------

  std::string fact(const std::string& key) const {
    auto found = r_.facts.find(key);
    return found == r_.facts.end() ? "" : printable(found->second);
  }

  std::string styled(const char* code, const std::string& text) const {
    return o_.colour ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  }
  std::string bold(const std::string& text) const { return styled("1", text); }
  std::string dim(const std::string& text) const { return styled("2", text); }
  static std::string plain(const std::string& text) { return text; }

  // Lines below each other, all but the first further in.
  template <typename Style>
  void put(const std::vector<std::string>& lines, std::size_t first, std::size_t rest,
           Style style) {
    for (std::size_t i = 0; i < lines.size(); ++i)
      out_ << std::string(i == 0 ? first : rest, ' ') << style(lines[i]) << '\n';
  }
  void paragraph(const std::string& text, std::size_t indent = 0) {
    put(wrapped(text, width_ - indent - 2), indent, indent + 2, plain);
  }
  void remark(const std::string& text) {
    put(wrapped(text, width_ - 2), 0, 2, [this](const std::string& line) { return dim(line); });
  }
  void title(const std::string& text, const std::string& remark = "") {
    out_ << '\n' << bold(text);
    if (!remark.empty()) out_ << "  " << dim(shortened(remark, width_ - columns(text) - 2));
    out_ << '\n';
  }
  void more(std::size_t count, const char* what) {
    if (count > 0) out_ << dim("  … and " + format_count(count) + " more" + what) << '\n';
  }

  // ---- sections ------------------------------------------------------------------------------

  void header() {
    std::string what = "perfscope";
    if (!fact("host.name").empty()) what += " on " + fact("host.name");
    std::string rest = format_duration(r_.duration_ns);
    if (!fact("recording.started_at").empty()) rest += " from " + fact("recording.started_at");
    if (!fact("recording.target").empty()) rest += ", " + fact("recording.target");
    what = shortened(what, width_ / 2);
    out_ << bold(what) << ':';
    if (columns(what) + 2 + columns(rest) <= width_) {
      out_ << ' ' << rest << '\n';
    } else {
      out_ << '\n';
      put(wrapped(rest, width_ - 2), 2, 2, plain);
    }
    std::vector<std::string> host;
    if (!fact("host.os").empty()) host.push_back(fact("host.os"));
    if (!fact("host.kernel").empty())
      host.push_back("Linux " + fact("host.kernel") + " " + fact("host.arch"));
    if (!fact("host.cpus_online").empty()) host.push_back(fact("host.cpus_online") + " CPUs");
    put(wrapped(host, ", ", width_ - 2), 0, 2, [this](const std::string& s) { return dim(s); });
    for (const model::ProbeStatus& probe : r_.probes)
      remark(printable(probe.probe) + (probe.active ? ": " : " is off: ") +
             printable(probe.detail));
    if (fact("recording.complete") == "no")
      out_ << styled("33", "The recording was interrupted: this is every slice it finished.")
           << '\n';
    if (r_.processes.empty() && r_.sampled_ns == 0 && r_.waits.empty())
      out_ << styled("33", "Nothing was recorded: no thread of the target ran.") << '\n';
  }

  void processes() {
    if (r_.processes.empty()) return;
    uint64_t on_cpu = 0;
    uint64_t off_cpu = 0;
    for (const ProcessTime& row : r_.processes) {
      on_cpu += row.on_cpu_ns;
      off_cpu += row.runnable_ns + row.blocked_ns;
    }
    title("Processes by CPU time", format_duration(on_cpu) + " on CPU, " +
                                       format_duration(off_cpu) + " off CPU, over all threads");
    out_ << dim("   ON CPU  RUNNABLE   BLOCKED  THREADS      PID  PROCESS") << '\n';
    constexpr std::size_t kNumbers = 49;
    std::size_t shown = 0;
    for (const ProcessTime& row : r_.processes) {
      if (shown == o_.rows || (row.on_cpu_ns == 0 && shown > 0)) break;
      ++shown;
      out_ << right_aligned(format_duration(row.on_cpu_ns), 9) << ' '
           << right_aligned(format_duration(row.runnable_ns), 9) << ' '
           << right_aligned(format_duration(row.blocked_ns), 9) << ' '
           << right_aligned(std::to_string(row.threads), 8) << ' '
           << right_aligned(std::to_string(row.pid), 8) << "  "
           << shortened(process_text(row), width_ - kNumbers) << '\n';
    }
    more(r_.processes.size() - shown, "");
  }

  void functions() {
    if (r_.sampled_ns == 0) return;
    title("Functions by CPU time", "of " + format_duration(r_.sampled_ns) + " sampled");
    out_ << dim("   SELF    TOTAL  FUNCTION") << '\n';
    constexpr std::size_t kNumbers = 18;
    constexpr std::size_t kWidestModule = 24;
    std::size_t shown = 0;
    auto has_self = [](const FunctionTime& row) { return row.self_ns > 0; };
    auto all =
        static_cast<std::size_t>(std::count_if(r_.functions.begin(), r_.functions.end(), has_self));
    for (const FunctionTime& row : r_.functions) {
      if (shown == o_.rows || row.self_ns == 0) break;
      ++shown;
      // "[libfoo.so]" and perfscope's own notes say where they belong.
      std::string name = printable(row.name);
      bool says_module = name.starts_with("[") && name.ends_with("]");
      std::string module =
          says_module ? "" : "  " + shortened_in_middle(printable(row.module), kWidestModule);
      out_ << right_aligned(percent(row.self_ns, r_.sampled_ns), 7) << "  "
           << right_aligned(percent(row.total_ns, r_.sampled_ns), 7) << "  "
           << shortened_in_middle(name, width_ - kNumbers - columns(module));
      if (!module.empty()) out_ << dim(module);
      out_ << '\n';
    }
    more(all - shown, " with time of their own");
  }

  void waits() {
    if (r_.waits.empty()) return;
    std::string left_out;
    if (r_.idle_threads > 0)
      left_out = "; " +
                 counted(r_.idle_threads, "idle or kernel thread", "idle or kernel threads") +
                 " left out";
    title("Longest waits by stack", "leaf first" + left_out);
    constexpr std::size_t kStacks = 5;
    for (std::size_t i = 0; i < std::min(r_.waits.size(), kStacks); ++i) wait(r_.waits[i]);
  }

  void wait(const WaitingStack& row) {
    constexpr std::size_t kIndent = 11;
    constexpr std::size_t kWidestName = 20;
    constexpr std::size_t kWidestFrame = 40;
    constexpr std::size_t kLines = 2;
    std::string head =
        shortened(printable(row.process.empty() ? "pid" : row.process), kWidestName) + " " +
        std::to_string(row.pid);
    if (row.thread != row.process && !row.thread.empty())
      head += ", thread " + shortened(printable(row.thread), kWidestName);
    std::string rest = row.state;
    if (row.waits == 1) rest += ", 1 wait";
    if (row.waits > 1)
      rest += ", " + format_count(row.waits) + " waits of " + format_duration(row.ns / row.waits) +
              " on average";
    bool on_one_line = kIndent + columns(head) + 2 + columns(rest) <= width_;
    out_ << right_aligned(format_duration(row.ns), 9) << "  " << bold(head)
         << (on_one_line ? ", " : ",\n" + std::string(kIndent, ' ')) << rest << '\n';
    // Arrows from the leaf outwards.
    std::vector<std::string> frames;
    for (const std::string& frame : row.frames)
      frames.push_back(shortened_in_middle(printable(frame), kWidestFrame));
    std::vector<std::string> lines = wrapped(frames, " ← ", width_ - kIndent - 2);
    if (lines.size() > kLines) {
      lines.resize(kLines);
      lines.back() += " …";
    }
    put(lines, kIndent, kIndent, [this](const std::string& line) { return dim(line); });
  }

  // How many user stacks are complete, and why the others are not.
  static std::vector<std::string> completeness(const StackQuality& row) {
    if (row.ends.empty())
      return {row.user_ns == 0 ? "no user code"
                               : percent(row.complete_ns, row.user_ns) +
                                     " of user time reaches main or a thread's entry"};
    uint64_t all = 0;
    uint64_t complete = 0;
    std::vector<std::pair<uint64_t, std::string>> cut;
    for (const auto& [reason, stacks] : row.ends) {
      all += stacks;
      if (reason == "root" || reason == "zero")
        complete += stacks;
      else if (stacks > 0)
        cut.emplace_back(stacks, words(reason));
    }
    std::sort(cut.rbegin(), cut.rend());
    std::vector<std::string> items{percent(complete, all) + " of user stacks are complete"};
    for (const auto& [stacks, reason] : cut) items.push_back(percent(stacks, all) + " " + reason);
    return items;
  }

  void quality() {
    bool has_stacks = std::any_of(r_.quality.begin(), r_.quality.end(),
                                  [](const StackQuality& row) { return row.frames > 0; });
    if (!has_stacks && r_.bill.stacks_truncated == 0) return;
    title("Quality of the stacks");
    constexpr std::size_t kIndent = 10;
    for (const StackQuality& row : r_.quality) {
      if (row.frames == 0) continue;
      out_ << "  " << fit(printable(row.metric), kIndent - 2);
      put(wrapped(completeness(row), ", ", width_ - kIndent), 0, kIndent, plain);
      std::vector<std::string> items{percent(row.named_frames, row.frames) + " of frames named"};
      std::vector<std::pair<uint64_t, std::string>> unnamed;
      for (const auto& [reason, frames] : row.unnamed) unnamed.emplace_back(frames, words(reason));
      std::sort(unnamed.rbegin(), unnamed.rend());
      for (const auto& [frames, reason] : unnamed)
        items.push_back(percent(frames, row.frames) + " " + reason);
      put(wrapped(items, ", ", width_ - kIndent), kIndent, kIndent, plain);
    }
    if (r_.bill.stacks_truncated > 0)
      paragraph(counted(r_.bill.stacks_truncated, "stack was", "stacks were") +
                    " too deep to be kept whole: the outermost callers are missing",
                2);
  }

  void bill() {
    const Bill& b = r_.bill;
    title("The bill", format_percent(b.cpu_ratio, 2) + " of one CPU in all");
    out_ << "  kept  " << counted(b.samples, "CPU sample", "CPU samples") << ", "
         << counted(b.waits, "wait", "waits") << '\n';
    // "probe: reason" -> "17 reason (probe)"
    std::vector<std::string> lost;
    for (const auto& [what, count] : b.lost) {
      std::size_t colon = what.find(": ");
      lost.push_back(format_count(count) + " " + words(printable(what.substr(colon + 2))) + " (" +
                     printable(what.substr(0, colon)) + ")");
    }
    if (lost.empty()) lost = {"nothing"};
    out_ << "  lost";
    put(wrapped(lost, ", ", width_ - 8), 2, 8, plain);
    out_ << "  cost";
    put(wrapped(std::vector<std::string>{"BPF " + format_duration(b.bpf_run_ns),
                                         "own CPU " + format_duration(b.user_ns + b.system_ns),
                                         "peak memory " + format_bytes(b.peak_rss_bytes),
                                         "kernel maps " + format_bytes(b.map_bytes)},
                ", ", width_ - 8),
        2, 8, plain);
  }

  const Report& r_;
  const TextOptions& o_;
  std::size_t width_;
  std::ostringstream out_;
};

}  // namespace

std::string report_as_text(const Report& report, const TextOptions& options) {
  return TextReport(report, options).run();
}

}  // namespace perfscope::output
