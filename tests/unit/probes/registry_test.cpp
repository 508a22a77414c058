#include "probes/registry.h"

#include <set>

#include <gtest/gtest.h>

namespace perfscope::probes {
namespace {

std::string names(std::string_view list) {
  auto probes = make_probes(list);
  EXPECT_TRUE(probes) << list;
  std::string text;
  for (const auto& probe : *probes) text += std::string(text.empty() ? "" : ",") + probe->name();
  return text;
}

TEST(Registry, MakesTheDefaultsInOrder) { EXPECT_EQ(names(""), "cpu,offcpu"); }

TEST(Registry, MakesWhatIsAskedForInThatOrder) {
  EXPECT_EQ(names("offcpu"), "offcpu");
  EXPECT_EQ(names("offcpu,cpu"), "offcpu,cpu");
  EXPECT_EQ(names("cpu,"), "cpu") << "a trailing comma does no harm";
}

TEST(Registry, RefusesWhatItDoesNotKnow) {
  for (const auto& [list, message] : {std::pair{"disk", "no probe 'disk'"},
                                      {"cpu,disk", "no probe 'disk'"},
                                      {"CPU", "no probe 'CPU'"},
                                      {"cpu, offcpu", "no probe ' offcpu'"},
                                      {",cpu", "no probe ''"},
                                      {"cpu,cpu", "'cpu' is named twice"}}) {
    auto probes = make_probes(list);
    ASSERT_FALSE(probes) << list;
    EXPECT_EQ(probes.error().code(), ErrorCode::kUsage);
    EXPECT_NE(probes.error().message().find(message), std::string::npos)
        << probes.error().message();
  }
}

TEST(Registry, NamesProbesAsTheyNameThemselves) {
  std::set<std::string_view> seen;
  for (const ProbeSpec& spec : probe_specs()) {
    EXPECT_EQ(spec.make()->name(), spec.name);
    EXPECT_FALSE(spec.help.empty());
    EXPECT_TRUE(seen.insert(spec.name).second);
    EXPECT_EQ(spec.make()->object(), nullptr) << "nothing is loaded before start()";
  }
}

}  // namespace
}  // namespace perfscope::probes
