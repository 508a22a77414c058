#include "unit/output/sample_views.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <unordered_map>

namespace perfscope::testing {
namespace {

using model::FrameKind;

constexpr uint64_t kMs = 1'000'000;

struct Row {
  std::vector<const char*> names;
  uint64_t ms;
};

struct Known {
  const char* module;
  const char* build_id;
  FrameKind kind;
};

const char* const kServer = "/usr/sbin/httpd";
const char* const kServerId = "5f1c2a9d0b7e46d38c11f0a2b3c4d5e6f7a8b9c0";
const char* const kLibc = "/usr/lib/x86_64-linux-gnu/libc.so.6";
const char* const kLibcId = "c0ffee0123456789abcdef0123456789abcdef01";

Known known(const std::string& name) {
  static const std::unordered_map<std::string, Known> kSpecial{
      {"httpd", {"", "", FrameKind::kProcess}},
      {"node", {"", "", FrameKind::kProcess}},
      {"swapper", {"", "", FrameKind::kProcess}},
      {"[idle]", {"", "", FrameKind::kIdle}},
      {"[stack lost]", {"", "", FrameKind::kNote}},
      {"entry_SYSCALL_64", {"[kernel]", "", FrameKind::kKernel}},
      {"do_syscall_64", {"[kernel]", "", FrameKind::kKernel}},
      {"vfs_read", {"[kernel]", "", FrameKind::kKernel}},
      {"ext4_file_read_iter", {"[kernel]", "", FrameKind::kKernel}},
      {"schedule", {"[kernel]", "", FrameKind::kKernel}},
      {"tcp_sendmsg", {"[kernel]", "", FrameKind::kKernel}},
      {"LazyCompile:*render /srv/app.js:10", {"[jit]", "", FrameKind::kJit}},
      {"std::hash<std::string>::operator()", {kServer, kServerId, FrameKind::kInlined}},
      {"memcpy", {kLibc, kLibcId, FrameKind::kNative}},
      {"read", {kLibc, kLibcId, FrameKind::kNative}},
      {"__libc_start_main", {kLibc, kLibcId, FrameKind::kNative}},
  };
  auto entry = kSpecial.find(name);
  return entry == kSpecial.end() ? Known{kServer, kServerId, FrameKind::kNative} : entry->second;
}

// Interns frames by name while stacks are added.
class Builder {
 public:
  explicit Builder(model::View view) : view_(std::move(view)) {}

  uint32_t frame(const std::string& name) {
    auto [entry, added] = index_.try_emplace(name, static_cast<uint32_t>(view_.frames.size()));
    if (!added) return entry->second;
    Known about = known(name);
    model::ViewFrame made;
    made.name = name;
    made.module = about.module;
    made.build_id = about.build_id;
    made.offset = made.module.empty() ? 0 : 0x1000 + 0x40 * view_.frames.size();
    made.kind = about.kind;
    if (made.module == kServer) {
      made.file = "src/server.cpp";
      made.line = static_cast<uint32_t>(10 + view_.frames.size());
    }
    view_.frames.push_back(made);
    return entry->second;
  }

  void stack(std::vector<uint32_t> frames, uint64_t value, uint64_t count) {
    view_.total += value;
    view_.stacks.push_back({std::move(frames), value, count});
  }

  void rows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      std::vector<uint32_t> frames;
      for (const char* name : row.names) frames.push_back(frame(name));
      stack(std::move(frames), row.ms * kMs, std::max<uint64_t>(row.ms / 10, 1));
    }
  }

  model::View take() {
    std::stable_sort(view_.stacks.begin(), view_.stacks.end(),
                     [](const auto& a, const auto& b) { return a.value > b.value; });
    return std::move(view_);
  }

 private:
  model::View view_;
  std::unordered_map<std::string, uint32_t> index_;
};

model::View header(const char* name, const char* title) {
  model::View view;
  view.name = name;
  view.title = title;
  view.duration_ns = 10'000 * kMs;
  view.host = "web-1.example.org";
  view.recorded_at = "2026-01-31T12:00:00Z";
  view.command = "perfscope record -a -F 99 -d 10s";
  return view;
}

}  // namespace

model::View small_view() {
  Builder view(header("cpu", "CPU time"));
  const char* start = "__libc_start_main";
  view.rows({
      {{"httpd", start, "main", "serve", "handle_request", "parse_headers"}, 1400},
      {{"httpd", start, "main", "serve", "handle_request", "parse_headers", "find_header",
        "std::hash<std::string>::operator()"},
       900},
      {{"httpd", start, "main", "serve", "handle_request", "parse_headers", "memcpy"}, 350},
      {{"httpd", start, "main", "serve", "handle_request", "read_file", "read", "entry_SYSCALL_64",
        "do_syscall_64", "vfs_read", "ext4_file_read_iter"},
       720},
      {{"httpd", start, "main", "serve", "handle_request", "send_reply", "entry_SYSCALL_64",
        "do_syscall_64", "tcp_sendmsg"},
       610},
      {{"httpd", start, "main", "serve", "accept_connection"}, 130},
      {{"httpd", "[stack lost]"}, 60},
      {{"node", "LazyCompile:*render /srv/app.js:10"}, 480},
      {{"node", "LazyCompile:*render /srv/app.js:10", "memcpy"}, 120},
      {{"swapper", "[idle]"}, 1900},
  });
  return view.take();
}

model::View offcpu_view() {
  Builder view(header("offcpu", "Off-CPU time"));
  view.rows({
      {{"httpd", "__libc_start_main", "main", "serve", "accept_connection", "entry_SYSCALL_64",
        "do_syscall_64", "schedule"},
       6400},
      {{"httpd", "__libc_start_main", "main", "serve", "handle_request", "read_file", "read",
        "entry_SYSCALL_64", "do_syscall_64", "vfs_read", "schedule"},
       1800},
      {{"node", "[stack lost]"}, 40},
  });
  return view.take();
}

model::View hostile_view() {
  model::View named = header("cpu", "</title><script>alert('title')</script>");
  named.host = "</script><img src=x onerror=alert('host')>";
  named.command = "perfscope \"--x\" <b>&amp; $(rm -rf)";
  Builder view(std::move(named));
  const char* const kNames[] = {
      "</script><img src=x onerror=alert(1)>",
      "<!--<script>",
      "{{PERFSCOPE_DATA}}",
      "a;b;c",
      "line\nbreak\r\ttab",
      "=HYPERLINK(\"http://example.org\")",
      "+1-2@SUM(A1)",
      "\"quoted\", 'too'",
      "\x1b[31mred\x1b[0m",
      "broken \xff\xfe utf-8",
      "\xe2\x80\xa8 line separator",
      "__proto__",
      "operator<< <char, std::char_traits<char> >",
      "",
  };
  uint64_t value = 100;
  for (const char* name : kNames)
    view.stack({view.frame("httpd"), view.frame(name)}, value++ * kMs, 1);
  view.stack({view.frame("=cmd|' /C calc'!A0")}, kMs, 1);
  view.stack({}, kMs, 1);
  return view.take();
}

model::View empty_view() { return header("cpu", "CPU time"); }

model::View deep_view(uint32_t depth) {
  Builder view(header("cpu", "CPU time"));
  std::vector<uint32_t> frames{view.frame("httpd")};
  for (uint32_t level = 1; level < depth; ++level)
    frames.push_back(view.frame("recurse_" + std::to_string(level)));
  view.stack(frames, 500 * kMs, 50);
  return view.take();
}

model::View big_view(uint32_t stacks) {
  Builder view(header("cpu", "CPU time"));
  std::mt19937 random(20260131);  // its sequence is the same everywhere; distributions are not
  auto below = [&](uint32_t limit) { return static_cast<uint32_t>(random() % limit); };
  const char* const kAreas[] = {"net", "parser", "db", "cache", "render", "util"};
  std::set<std::vector<uint32_t>> seen;
  while (seen.size() < stacks) {
    std::vector<uint32_t> frames{view.frame(below(5) == 0 ? "node" : "httpd")};
    uint32_t depth = 8 + below(32);
    for (uint32_t level = 1; level < depth; ++level) {
      uint32_t choice = std::min(below(9), below(9));
      std::string area = kAreas[(level * 7 + choice) % std::size(kAreas)];
      frames.push_back(
          view.frame(area + "::step_" + std::to_string(level) + "_" + std::to_string(choice)));
    }
    if (!seen.insert(frames).second) continue;
    uint64_t events = 1 + below(20) / 19 * below(200);
    view.stack(std::move(frames), events * 10 * kMs, events);
  }
  return view.take();
}

}  // namespace perfscope::testing
