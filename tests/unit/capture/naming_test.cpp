#include "capture/naming.h"

#include <gtest/gtest.h>

#include "capture/process_table.h"
#include "unit/capture/fake_files.h"

namespace perfscope::capture {
namespace {

using model::ModuleKind;
using model::NameStatus;

class NamingTest : public ::testing::Test {
 protected:
  const model::Location& row(model::LocationId id) {
    return builder_.profile().locations[id.index()];
  }
  std::string name(model::LocationId id) {
    const model::Location& location = row(id);
    if (location.lines.empty()) return "";
    return builder_.profile().functions[location.lines[0].function.index()].name;
  }

  testing::FakeFiles proc_;
  model::Builder builder_;
  ProcessTable processes_{builder_, proc_.path()};
  symbolizer::Symbolizer symbolizer_;
};

TEST_F(NamingTest, HasNoNamesForMemoryThatNothingDescribes) {
  model::LocationId anonymous =
      builder_.location(builder_.module(ModuleKind::kAnonymous, "[anonymous]", ""), 1);
  model::LocationId note = builder_.note(NameStatus::kStackLost);
  EXPECT_TRUE(name_locations(builder_, processes_.files(), symbolizer_, {anonymous, note}).empty());
  EXPECT_EQ(row(anonymous).status, NameStatus::kNoSymbol);
  EXPECT_EQ(row(note).status, NameStatus::kStackLost) << "notes keep theirs";
}

TEST_F(NamingTest, SaysWhenAFileCannotBeRead) {
  model::LocationId id =
      builder_.location(builder_.module(ModuleKind::kFile, "/no/such/file", ""), 1);
  name_locations(builder_, processes_.files(), symbolizer_, {id});
  EXPECT_EQ(row(id).status, NameStatus::kUnreadable);
  EXPECT_TRUE(row(id).lines.empty());
}

TEST_F(NamingTest, AsksAgainForJitCodeUntilItsMapHasIt) {
  proc_.process(42, 1, "node");
  proc_.put("42/maps", "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 \n");
  proc_.put("42/root/tmp/perf-3.map", "7f0000000000 10 early\n");
  model::LocationId early = processes_.locate({77, 42, 1}, 0x7f0000000004, 1);
  model::LocationId late = processes_.locate({77, 42, 1}, 0x7f0000000104, 1);
  std::vector<model::LocationId> later =
      name_locations(builder_, processes_.files(), symbolizer_, {early, late});
  EXPECT_EQ(name(early), "early");
  EXPECT_EQ(later, std::vector<model::LocationId>{late});
  EXPECT_EQ(row(late).status, NameStatus::kNotAttempted);
}

}  // namespace
}  // namespace perfscope::capture
