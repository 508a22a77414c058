#include "model/frames.h"

#include <map>

#include <gtest/gtest.h>

#include "model/builder.h"

namespace perfscope::model {
namespace {

class FramesTest : public ::testing::Test {
 protected:
  LocationId unnamed(ModuleKind kind, const std::string& path, NameStatus status) {
    LocationId id = b_.location(b_.module(kind, path, "b1d"), 0x10);
    b_.profile().locations[id.index()].status = status;
    return id;
  }
  std::vector<ViewFrame> frames(LocationId location) {
    FrameNamer namer(b_.profile());
    std::vector<uint32_t> ids;
    namer.append(location, ids);
    std::vector<ViewFrame> all = namer.take();
    std::vector<ViewFrame> found;
    found.reserve(ids.size());
    for (uint32_t id : ids) found.push_back(all[id]);
    return found;
  }

  Builder b_;
};

TEST_F(FramesTest, CallsNotesByWhatTheyMean) {
  const std::map<NameStatus, std::string> kTexts{
      {NameStatus::kNoMapping, "[broken stack]"},
      {NameStatus::kProcessGone, "[process gone]"},
      {NameStatus::kNoUserStack, "[no user stack]"},
      {NameStatus::kStackLost, "[stack lost]"},
      {NameStatus::kBeforeRecording, "[waiting since before the recording]"},
  };
  for (const auto& [status, text] : kTexts) {
    std::vector<ViewFrame> found = frames(b_.note(status));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].name, text);
    EXPECT_EQ(found[0].kind, FrameKind::kNote);
    EXPECT_EQ(found[0].module, "");
  }
}

TEST_F(FramesTest, CallsUnnamedCodeByItsModule) {
  for (NameStatus status : {NameStatus::kNotAttempted, NameStatus::kNoSymbol,
                            NameStatus::kUnreadable, NameStatus::kMalformed}) {
    std::vector<ViewFrame> found = frames(unnamed(ModuleKind::kFile, "/usr/lib/libfoo.so", status));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].name, "[libfoo.so]");
    EXPECT_EQ(found[0].module, "/usr/lib/libfoo.so");
    EXPECT_EQ(found[0].build_id, "b1d");
    EXPECT_EQ(found[0].offset, 0x10U);
  }
  EXPECT_EQ(frames(unnamed(ModuleKind::kKernel, "[kernel]", NameStatus::kRestricted))[0].name,
            "[kernel]");
}

TEST_F(FramesTest, ColoursByKindOfModule) {
  const std::map<ModuleKind, FrameKind> kKinds{
      {ModuleKind::kFile, FrameKind::kNative},         {ModuleKind::kKernel, FrameKind::kKernel},
      {ModuleKind::kKernelModule, FrameKind::kKernel}, {ModuleKind::kBpf, FrameKind::kKernel},
      {ModuleKind::kVdso, FrameKind::kNative},         {ModuleKind::kJit, FrameKind::kJit},
      {ModuleKind::kAnonymous, FrameKind::kJit},       {ModuleKind::kUnknown, FrameKind::kNative},
  };
  for (const auto& [module, frame] : kKinds)
    EXPECT_EQ(frames(unnamed(module, "[x]", NameStatus::kNoSymbol))[0].kind, frame)
        << module_kind_name(module);
}

TEST_F(FramesTest, PutsInlinedFunctionsAfterTheirCallers) {
  LocationId id = b_.location(b_.module(ModuleKind::kFile, "/bin/a", ""), 1);
  Location& row = b_.profile().locations[id.index()];
  row.status = NameStatus::kNamed;
  row.lines = {{b_.function("innermost", "a"), "i.h", 3, true},
               {b_.function("middle", "a"), "m.h", 2, true},
               {b_.function("real", "a"), "r.cc", 1, false}};
  std::vector<ViewFrame> found = frames(id);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].name, "real");
  EXPECT_EQ(found[0].kind, FrameKind::kNative);
  EXPECT_EQ(found[1].name, "middle");
  EXPECT_EQ(found[1].kind, FrameKind::kInlined);
  EXPECT_EQ(found[2].name, "innermost");
  EXPECT_EQ(found[2].file, "i.h");
  EXPECT_EQ(found[2].line, 3U);
}

TEST_F(FramesTest, MakesOneFrameOfOneFunctionsLocations) {
  ModuleId module = b_.module(ModuleKind::kFile, "/bin/a", "");
  for (uint64_t offset : {1, 2}) {
    Location& row = b_.profile().locations[b_.location(module, offset).index()];
    row.status = NameStatus::kNamed;
    row.lines = {{b_.function("f", "a"), "", 0, false}};
  }
  FrameNamer namer(b_.profile());
  std::vector<uint32_t> ids;
  namer.append(b_.location(module, 1), ids);
  namer.append(b_.location(module, 2), ids);
  EXPECT_EQ(ids, (std::vector<uint32_t>{0, 0}));
}

TEST_F(FramesTest, NamesProcessesWithoutNameByTheirId) {
  FrameNamer namer(b_.profile());
  uint32_t named = namer.process({7, 0, 0, "nginx", "", "", 0});
  EXPECT_EQ(named, namer.process({8, 0, 0, "nginx", "", "", 0}));
  EXPECT_NE(named, namer.process({9, 0, 0, "", "", "", 0}));
  std::vector<ViewFrame> all = namer.take();
  EXPECT_EQ(all[1].name, "pid 9");
  EXPECT_EQ(all[1].kind, FrameKind::kProcess);
}

}  // namespace
}  // namespace perfscope::model
