// validate() catches every breach of what readers rely on; facts and names.
#include "model/profile.h"

#include <functional>

#include <gtest/gtest.h>

#include "unit/model/sample_profiles.h"

namespace perfscope::model {
namespace {

TEST(Validate, AcceptsGoodProfiles) {
  EXPECT_TRUE(validate(Profile{}));
  EXPECT_TRUE(validate(testing::empty_profile()));
  EXPECT_TRUE(validate(testing::shop_profile()));
  EXPECT_TRUE(validate(testing::hostile_profile()));
  EXPECT_TRUE(validate(testing::big_profile(100, 1000)));
}

struct Breach {
  const char* message;  // part of it
  std::function<void(Profile&)> make;
};

constexpr uint32_t kNowhere = 100'000;

const Breach kBreaches[] = {
    {"locations row 0: unknown module",
     [](Profile& p) { p.locations[0].module = ModuleId(kNowhere); }},
    {"locations row 0: unknown function",
     [](Profile& p) { p.locations[0].lines[0].function = FunctionId(kNowhere); }},
    {"locations row 0: lines and status", [](Profile& p) { p.locations[0].lines.clear(); }},
    {"locations row 1: lines and status",
     [](Profile& p) { p.locations[1].status = NameStatus::kNoSymbol; }},
    {"stacks row 1: parent does not precede it",
     [](Profile& p) { p.stacks[1].parent = StackId(uint32_t{1}); }},
    {"stacks row 0: parent does not precede it",
     [](Profile& p) { p.stacks[0].parent = StackId(uint32_t{2}); }},
    {"stacks row 2: unknown location",
     [](Profile& p) { p.stacks[2].location = LocationId(kNowhere); }},
    {"threads row 0: unknown process",
     [](Profile& p) { p.threads[0].process = ProcessId(kNowhere); }},
    {"slices row 1: overlaps", [](Profile& p) { p.slices[1].begin_ns -= 1; }},
    {"slices row 0: ends before it begins", [](Profile& p) { p.slices[0].end_ns = 1; }},
    {"samples row 0: unknown slice", [](Profile& p) { p.samples[0].slice = SliceId(kNowhere); }},
    {"samples row 0: unknown metric", [](Profile& p) { p.samples[0].metric = MetricId(kNowhere); }},
    {"samples row 0: unknown thread", [](Profile& p) { p.samples[0].thread = ThreadId(kNowhere); }},
    {"samples row 0: unknown stack", [](Profile& p) { p.samples[0].stack = StackId(kNowhere); }},
    {"samples row 0: unknown waker stack",
     [](Profile& p) { p.samples[0].waker_stack = StackId(kNowhere); }},
    {"samples row 0: unknown waker", [](Profile& p) { p.samples[0].waker = ThreadId(kNowhere); }},
    {"ledger row 0: unknown slice", [](Profile& p) { p.ledger[0].slice = SliceId(kNowhere); }},
    {"ledger row 0: unknown thread", [](Profile& p) { p.ledger[0].thread = ThreadId(kNowhere); }},
    {"histograms row 0: unknown slice",
     [](Profile& p) { p.histograms[0].slice = SliceId(kNowhere); }},
    {"histograms row 0: unknown metric",
     [](Profile& p) { p.histograms[0].metric = MetricId(kNowhere); }},
    {"series row 1: unknown slice", [](Profile& p) { p.series[1].slice = SliceId(kNowhere); }},
    {"series row 0: unknown metric", [](Profile& p) { p.series[0].metric = MetricId(kNowhere); }},
    {"drops row 0: unknown slice", [](Profile& p) { p.drops[0].slice = SliceId(kNowhere); }},
};

TEST(Validate, NamesEachBreach) {
  for (const Breach& breach : kBreaches) {
    Profile p = testing::shop_profile();
    breach.make(p);
    Status status = validate(p);
    ASSERT_FALSE(status) << breach.message;
    EXPECT_EQ(status.error().code(), ErrorCode::kBadInput);
    EXPECT_NE(status.error().message().find(breach.message), std::string::npos)
        << status.error().message();
  }
}

TEST(Validate, ReportsTheFirstBreach) {
  Profile p = testing::shop_profile();
  p.samples[0].slice = SliceId(kNowhere);
  p.stacks[0].location = LocationId(kNowhere);
  EXPECT_NE(validate(p).error().message().find("stacks row 0"), std::string::npos);
}

TEST(Facts, AreTextAndNumbers) {
  Profile p;
  p.facts = {{"text", "abc"}, {"number", "42"}, {"real", "1.5"}, {"huge", "99999999999999999999"}};
  EXPECT_EQ(p.fact("text"), "abc");
  EXPECT_EQ(p.fact("none"), "");
  EXPECT_EQ(p.fact_u64("number"), 42U);
  EXPECT_EQ(p.fact_u64("text"), 0U);
  EXPECT_EQ(p.fact_u64("none"), 0U);
  EXPECT_EQ(p.fact_u64("huge"), 0U);
  EXPECT_DOUBLE_EQ(p.fact_double("real"), 1.5);
}

TEST(Profile, LastsAsLongAsItsSlices) {
  Profile p;
  EXPECT_EQ(p.duration_ns(), 0U);
  p.slices = {{10, 20}, {30, 35}};
  EXPECT_EQ(p.duration_ns(), 15U);
}

template <typename Enum>
void expect_round_trip(std::size_t count, const char* (*name)(Enum),
                       std::optional<Enum> (*from)(const std::string&)) {
  for (std::size_t i = 0; i < count; ++i) {
    auto value = static_cast<Enum>(i);
    EXPECT_EQ(from(name(value)), value) << name(value);
  }
  EXPECT_FALSE(from("").has_value());
  EXPECT_FALSE(from("Named").has_value());
}

TEST(Names, AreReadAsTheyAreWritten) {
  expect_round_trip(kThreadStateCount, thread_state_name, thread_state_from);
  expect_round_trip(std::size_t(ModuleKind::kUnknown) + 1, module_kind_name, module_kind_from);
  expect_round_trip(std::size_t(NameStatus::kBeforeRecording) + 1, name_status_name,
                    name_status_from);
  expect_round_trip(std::size_t(Shape::kLedger) + 1, shape_name, shape_from);
  expect_round_trip(std::size_t(Unit::kRatio) + 1, unit_name, unit_from);
}

TEST(Names, ShortenModulePaths) {
  EXPECT_EQ(short_module_name("/usr/lib/libc.so.6"), "libc.so.6");
  EXPECT_EQ(short_module_name("[kernel]"), "[kernel]");
  EXPECT_EQ(short_module_name("/"), "");
  EXPECT_EQ(short_module_name(""), "");
}

}  // namespace
}  // namespace perfscope::model
