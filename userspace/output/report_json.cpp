#include <nlohmann/json.hpp>

#include "output/report.h"

namespace perfscope::output {
namespace {

using nlohmann::json;

double seconds(uint64_t ns) { return static_cast<double>(ns) / 1e9; }

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

json processes(const Report& report) {
  json rows = json::array();
  for (const ProcessTime& row : report.processes)
    rows.push_back({{"pid", row.pid},
                    {"process", row.name},
                    {"command", row.command},
                    {"threads", row.threads},
                    {"on_cpu_seconds", seconds(row.on_cpu_ns)},
                    {"runnable_seconds", seconds(row.runnable_ns)},
                    {"blocked_seconds", seconds(row.blocked_ns)}});
  return rows;
}

json functions(const Report& report) {
  json rows = json::array();
  for (const FunctionTime& row : report.functions)
    rows.push_back({{"function", row.name},
                    {"module", row.module},
                    {"self_seconds", seconds(row.self_ns)},
                    {"total_seconds", seconds(row.total_ns)},
                    {"self_ratio", ratio(row.self_ns, report.sampled_ns)},
                    {"total_ratio", ratio(row.total_ns, report.sampled_ns)}});
  return rows;
}

json waits(const Report& report) {
  json rows = json::array();
  for (const WaitingStack& row : report.waits)
    rows.push_back({{"process", row.process},
                    {"pid", row.pid},
                    {"thread", row.thread},
                    {"state", row.state},
                    {"seconds", seconds(row.ns)},
                    {"waits", row.waits},
                    {"frames", row.frames}});
  return rows;
}

json quality(const Report& report) {
  json rows = json::array();
  for (const StackQuality& row : report.quality)
    rows.push_back({{"metric", row.metric},
                    {"user_seconds", seconds(row.user_ns)},
                    {"complete_ratio", ratio(row.complete_ns, row.user_ns)},
                    {"frames", row.frames},
                    {"named_ratio", ratio(row.named_frames, row.frames)},
                    {"unnamed_frames", row.unnamed},
                    {"ends", row.ends}});
  return rows;
}

json bill(const Bill& b) {
  return {{"samples", b.samples},
          {"waits", b.waits},
          {"lost", b.lost},
          {"bpf_seconds", seconds(b.bpf_run_ns)},
          {"user_seconds", seconds(b.user_ns)},
          {"system_seconds", seconds(b.system_ns)},
          {"cpu_ratio", b.cpu_ratio},
          {"peak_rss_bytes", b.peak_rss_bytes},
          {"map_bytes", b.map_bytes},
          {"stacks_truncated", b.stacks_truncated}};
}

json probes(const Report& report) {
  json rows = json::array();
  for (const model::ProbeStatus& row : report.probes)
    rows.push_back({{"probe", row.probe}, {"active", row.active}, {"detail", row.detail}});
  return rows;
}

}  // namespace

std::string report_as_json(const Report& report) {
  json document{{"schema", "perfscope-report"},
                {"version", 1},
                {"facts", report.facts},
                {"duration_seconds", seconds(report.duration_ns)},
                {"probes", probes(report)},
                {"processes", processes(report)},
                {"sampled_seconds", seconds(report.sampled_ns)},
                {"functions", functions(report)},
                {"waits", waits(report)},
                {"idle_threads", report.idle_threads},
                {"quality", quality(report)},
                {"bill", bill(report.bill)}};
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace perfscope::output
