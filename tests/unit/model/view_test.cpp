#include "model/view.h"

#include <map>

#include <gtest/gtest.h>

#include "model/builder.h"
#include "unit/model/sample_profiles.h"

namespace perfscope::model {
namespace {

constexpr uint64_t kMs = 1'000'000;

View view(const Profile& profile, const char* name, const ViewFilter& filter = {}) {
  Result<View> made = make_view(profile, name, filter);
  EXPECT_TRUE(made) << made.error().message();
  return *made;
}

std::string folded(const View& v, const ViewStack& stack) {
  std::string text;
  for (uint32_t frame : stack.frames) text += (text.empty() ? "" : ";") + v.frames[frame].name;
  return text;
}

std::map<std::string, uint64_t> values(const View& v) {
  std::map<std::string, uint64_t> by_stack;
  for (const ViewStack& stack : v.stacks) by_stack[folded(v, stack)] += stack.value;
  return by_stack;
}

// Sum of a thread's states in the ledger, over all slices.
uint64_t ledger_ns(const Profile& p, std::size_t thread) {
  uint64_t sum = 0;
  for (const LedgerEntry& entry : p.ledger)
    if (entry.thread.index() == thread) sum += entry.ns;
  return sum;
}

TEST(View, OfCpuTimeAddsTheSamples) {
  Profile p = testing::shop_profile();
  View v = view(p, "cpu");
  EXPECT_EQ(v.total, (1200 + 310 + 2050 + 90 + 620 + 4 + 20) * kMs);
  EXPECT_EQ(values(v)["nginx;_start;__libc_start_main;main;ngx_http_process_request;ngx_hash_find;"
                      "aesni_ctr32_encrypt_blocks"],
            1200 * kMs);
  EXPECT_EQ(values(v)["java;[unknown];Lcom/shop/Search;::rank;[anonymous]"], 90 * kMs);
  EXPECT_EQ(values(v)["python3;[stack lost]"], 20 * kMs);
  EXPECT_EQ(v.idle_threads, 0U);
}

TEST(View, CarriesWhatHeadersNeed) {
  View v = view(testing::shop_profile(), "offcpu");
  EXPECT_EQ(v.name, "offcpu");
  EXPECT_EQ(v.title, "Off-CPU time");
  EXPECT_EQ(v.host, "web-1");
  EXPECT_EQ(v.recorded_at, "2026-01-31T12:00:00Z");
  EXPECT_EQ(v.command, "perfscope record -d 10s -o shop.perfscope");
  EXPECT_EQ(v.duration_ns, 10'000 * kMs);
}

TEST(View, IsSortedAndUnique) {
  Profile p = testing::big_profile(200, 5000);
  for (const ViewSpec& spec : view_specs()) {
    View v = view(p, std::string(spec.name).c_str());
    std::map<std::vector<uint32_t>, int> seen;
    uint64_t total = 0;
    for (std::size_t i = 0; i < v.stacks.size(); ++i) {
      total += v.stacks[i].value;
      EXPECT_EQ(++seen[v.stacks[i].frames], 1);
      if (i > 0) {
        EXPECT_LE(v.stacks[i].value, v.stacks[i - 1].value);
      }
    }
    EXPECT_EQ(total, v.total);
  }
}

TEST(View, OfWaitsMarksWhatWasRunnable) {
  View v = view(testing::shop_profile(), "offcpu");
  EXPECT_EQ(values(v)["nginx;_start;__libc_start_main;main;ngx_http_process_request;ngx_hash_find;"
                      "irqentry_exit_to_user_mode;[runnable]"],
            140 * kMs);
  EXPECT_EQ(values(v)["postgres;main;[broken stack]"], 2200 * kMs);
}

TEST(View, LeavesIdleThreadsOutAndCountsThem) {
  Profile p = testing::shop_profile();
  View v = view(p, "offcpu");
  EXPECT_EQ(v.idle_threads, 1U);
  EXPECT_EQ(v.idle_value, 5000 * kMs);
  EXPECT_EQ(values(v).count("systemd-journal;[waiting since before the recording]"), 0U);
  View all = view(p, "offcpu", {.process = "", .idle = true});
  EXPECT_EQ(all.idle_threads, 0U);
  EXPECT_EQ(all.total, v.total + v.idle_value);
  EXPECT_EQ(values(all)["systemd-journal;[waiting since before the recording]"], 5000 * kMs);
}

TEST(View, CountsEveryThreadAsOneThatRanWithoutALedger) {
  Profile p = testing::shop_profile();
  p.ledger.clear();
  EXPECT_EQ(view(p, "offcpu").idle_threads, 0U);
}

// The samples say how a thread's time divides, the ledger how much there is: what is on CPU in the
// wall view is the ledger's on-CPU time, and with the waits it is the whole of the thread's time.
TEST(View, OfWallTimeEqualsTheLedgerPerThread) {
  Profile p;
  Builder b;
  MetricId cpu = b.metric({"cpu", "cpu", Shape::kStackSamples, Unit::kNanoseconds, ""});
  MetricId offcpu = b.metric({"offcpu", "offcpu", Shape::kStackSamples, Unit::kNanoseconds, ""});
  ModuleId module = b.module(ModuleKind::kFile, "/a", "");
  SliceId slice = b.begin_slice(0);
  for (uint32_t tid = 1; tid <= 20; ++tid) {
    ThreadId thread = b.thread(b.process({tid, 0, 1}), tid);
    uint64_t on_cpu = 1'000'000'007ULL * tid;
    for (uint32_t i = 0; i < tid % 5; ++i) {  // every fifth thread was never sampled
      LocationId frame = b.location(module, i);
      b.profile().samples.push_back({slice,
                                     cpu,
                                     thread,
                                     ThreadState::kOnCpu,
                                     b.stack({&frame, 1}),
                                     {},
                                     {},
                                     10'309'278ULL * (i + 1),
                                     i + 1});
    }
    LocationId frame = b.location(module, 99);
    for (ThreadState state : {ThreadState::kBlocked, ThreadState::kRunnable}) {
      uint64_t ns = 77'777ULL * tid + static_cast<uint64_t>(state);
      b.profile().samples.push_back(
          {slice, offcpu, thread, state, b.stack({&frame, 1}), {}, {}, ns, 1});
      b.profile().ledger.push_back({slice, thread, state, ns});
    }
    b.profile().ledger.push_back({slice, thread, ThreadState::kOnCpu, on_cpu});
  }
  b.end_slice(30'000'000'000);
  p = b.profile();
  for (std::size_t thread = 0; thread < p.threads.size(); ++thread) {
    View v = view(p, "wall", {.tid = p.threads[thread].tid, .process = ""});
    constexpr double kHalfPerStack = 0.5 * 4;
    EXPECT_NEAR(static_cast<double>(v.total), static_cast<double>(ledger_ns(p, thread)),
                kHalfPerStack)
        << thread;
  }
}

TEST(View, OfWallTimeKeepsTheTimeOfThreadsThatNoSampleHit) {
  View v = view(testing::shop_profile(), "wall");
  EXPECT_EQ(values(v)["nginx;[on CPU, between samples]"], 12 * kMs);
  // Sampled 1510 ms, ran 1505 ms.
  uint64_t encrypted = values(v)
      ["nginx;_start;__libc_start_main;main;ngx_http_process_request;ngx_hash_find;"
       "aesni_ctr32_encrypt_blocks"];
  EXPECT_NEAR(static_cast<double>(encrypted), 1200e6 * 1505 / 1510, 1);
}

TEST(View, FiltersByProcessThreadAndName) {
  Profile p = testing::shop_profile();
  EXPECT_EQ(view(p, "cpu", {.pid = 4242, .process = ""}).total, 1510 * kMs);
  EXPECT_EQ(view(p, "offcpu", {.tid = 4250, .process = ""}).total, 4400 * kMs);
  EXPECT_EQ(view(p, "cpu", {.process = "postgres"}).total, 620 * kMs);
  EXPECT_EQ(view(p, "cpu", {.pid = 815, .process = "nginx"}).total, 0U);
  EXPECT_EQ(view(p, "cpu", {.process = "postgre"}).total, 0U);
  // A filtered-out idle thread is nobody's news.
  EXPECT_EQ(view(p, "offcpu", {.pid = 4242, .process = ""}).idle_threads, 0U);
}

TEST(View, SaysWhatIsMissing) {
  Profile p = testing::shop_profile();
  Result<View> unknown = make_view(p, "memory");
  EXPECT_EQ(unknown.error().code(), ErrorCode::kUsage);
  EXPECT_EQ(unknown.error().message(), "no view 'memory'; there are cpu, offcpu, wall");
  for (auto [metric, good, bad] : {std::tuple{0, "offcpu", "cpu"}, {1, "cpu", "offcpu"}}) {
    Profile without = p;
    without.metrics[static_cast<std::size_t>(metric)].name = "other";
    EXPECT_TRUE(make_view(without, good));
    Result<View> none = make_view(without, bad);
    EXPECT_EQ(none.error().code(), ErrorCode::kBadInput);
    EXPECT_NE(none.error().message().find(std::string("--probes including ") + bad),
              std::string::npos);
    EXPECT_FALSE(make_view(without, "wall"));
  }
}

}  // namespace
}  // namespace perfscope::model
