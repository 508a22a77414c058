#include "model/builder.h"

#include <array>

#include <gtest/gtest.h>

namespace perfscope::model {
namespace {

TEST(Builder, GivesOneRowToEqualModulesOnly) {
  Builder b;
  ModuleId a = b.module(ModuleKind::kFile, "/lib/a.so", "aa");
  EXPECT_EQ(a, b.module(ModuleKind::kFile, "/lib/a.so", "aa"));
  EXPECT_NE(a, b.module(ModuleKind::kFile, "/lib/a.so", "bb"));
  EXPECT_NE(a, b.module(ModuleKind::kJit, "/lib/a.so", "aa"));
  EXPECT_NE(b.module(ModuleKind::kFile, "x", "yz"), b.module(ModuleKind::kFile, "xy", "z"));
  EXPECT_EQ(b.profile().modules.size(), 5U);
}

TEST(Builder, TellsFunctionsApartByModule) {
  Builder b;
  FunctionId f = b.function("main", "a");
  EXPECT_EQ(f, b.function("main", "a"));
  EXPECT_NE(f, b.function("main", "b"));
  EXPECT_NE(b.function("ab", "c"), b.function("a", "bc"));
}

TEST(Builder, InternsLocationsAndKeepsTheirNames) {
  Builder b;
  ModuleId module = b.module(ModuleKind::kFile, "/a", "");
  LocationId at = b.location(module, 16);
  b.profile().locations[at.index()].status = NameStatus::kNoSymbol;
  EXPECT_EQ(at, b.location(module, 16));
  EXPECT_NE(at, b.location(module, 17));
  EXPECT_EQ(b.profile().locations[at.index()].status, NameStatus::kNoSymbol);
}

TEST(Builder, HasOneNotePerReason) {
  Builder b;
  LocationId lost = b.note(NameStatus::kStackLost);
  EXPECT_EQ(lost, b.note(NameStatus::kStackLost));
  EXPECT_NE(lost, b.note(NameStatus::kNoUserStack));
  EXPECT_EQ(b.profile().locations[lost.index()].status, NameStatus::kStackLost);
}

TEST(Builder, SharesTheRootsOfStacksAndPutsParentsFirst) {
  Builder b;
  ModuleId module = b.module(ModuleKind::kFile, "/a", "");
  std::array<LocationId, 3> f{b.location(module, 1), b.location(module, 2), b.location(module, 3)};
  StackId deep = *b.stack(f);
  StackId sibling = *b.stack(std::array{f[0], f[1], f[1]});
  EXPECT_EQ(b.profile().stacks.size(), 4U);
  EXPECT_EQ(*b.stack(f), deep);
  EXPECT_EQ(b.profile().stacks[deep.index()].parent, b.profile().stacks[sibling.index()].parent);
  EXPECT_EQ(b.profile().frames(deep), std::vector<LocationId>(f.begin(), f.end()));
  for (std::size_t i = 0; i < b.profile().stacks.size(); ++i)
    if (auto parent = b.profile().stacks[i].parent) {
      EXPECT_LT(parent->index(), i);
    }
}

TEST(Builder, ExtendsAStackAsIfItHadBeenOne) {
  Builder b;
  ModuleId module = b.module(ModuleKind::kFile, "/a", "");
  std::array<LocationId, 3> f{b.location(module, 1), b.location(module, 2), b.location(module, 3)};
  std::span<const LocationId> all(f);
  EXPECT_EQ(b.extend(b.stack(all.first(1)), all.subspan(1)), b.stack(all));
  EXPECT_EQ(b.extend(b.stack(all), {}), b.stack(all));
  EXPECT_FALSE(b.stack({}).has_value());
  EXPECT_FALSE(b.extend(std::nullopt, {}).has_value());
}

TEST(Builder, TellsReusedProcessIdsAndExecsApart) {
  Builder b;
  ProcessId first = b.process({7, 0, 100});
  EXPECT_EQ(first, b.process({7, 0, 100}));
  EXPECT_NE(first, b.process({7, 1, 100}));
  EXPECT_NE(first, b.process({7, 0, 200}));
  EXPECT_EQ(b.profile().processes[1].exec_id, 1U);
  EXPECT_EQ(b.profile().processes[2].start_ns, 200U);
  EXPECT_NE(b.thread(first, 7), b.thread(b.process({7, 1, 100}), 7));
  EXPECT_EQ(b.thread(first, 7), b.thread(first, 7));
}

TEST(Builder, FindsMetricsByName) {
  Builder b;
  Metric metric{"cpu", "cpu", Shape::kStackSamples, Unit::kNanoseconds, "help"};
  EXPECT_EQ(b.metric(metric), b.metric(metric));
  metric.name = "offcpu";
  EXPECT_EQ(b.metric(metric), MetricId(uint32_t{1}));
}

TEST(Builder, ClearsTheSliceAndKeepsTheTables) {
  Builder b;
  ThreadId thread = b.thread(b.process({1, 0, 1}), 1);
  MetricId metric = b.metric({"m", "p", Shape::kSeries, Unit::kCount, ""});
  SliceId slice = b.begin_slice(10);
  b.profile().samples.push_back({slice, metric, thread, ThreadState::kOnCpu, {}, {}, {}, 1, 1});
  b.profile().ledger.push_back({slice, thread, ThreadState::kOnCpu, 1});
  b.profile().histograms.push_back({slice, metric, {}, {}});
  b.profile().series.push_back({slice, metric, {}, 1});
  b.profile().drops.push_back({slice, "p", "r", 1});
  b.end_slice(20);
  b.clear_slice();
  const Profile& p = b.profile();
  EXPECT_TRUE(p.samples.empty() && p.ledger.empty() && p.histograms.empty() && p.series.empty() &&
              p.drops.empty());
  EXPECT_EQ(p.threads.size(), 1U);
  EXPECT_EQ(p.slices.size(), 1U);
  EXPECT_EQ(b.begin_slice(20), SliceId(uint32_t{1}));
  EXPECT_EQ(b.thread(b.process({1, 0, 1}), 1), thread);
}

TEST(Builder, HandsOutNewLocationsOnce) {
  Builder b;
  ModuleId module = b.module(ModuleKind::kFile, "/a", "");
  LocationId first = b.location(module, 1);
  EXPECT_EQ(b.take_new_locations(), std::vector<LocationId>{first});
  EXPECT_TRUE(b.take_new_locations().empty());
  LocationId second = b.location(module, 2);
  EXPECT_EQ(b.take_new_locations(), std::vector<LocationId>{second});
}

}  // namespace
}  // namespace perfscope::model
