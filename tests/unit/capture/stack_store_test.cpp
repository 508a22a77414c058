// Stacks as the kernel side sends them: cut short, unknown, late, and with frames of the probe.
#include "capture/stack_store.h"

#include <cstddef>
#include <cstring>

#include <gtest/gtest.h>

#include "model/frames.h"
#include "unit/capture/fake_files.h"

namespace perfscope::capture {
namespace {

using model::NameStatus;

constexpr uint64_t kNow = 1'000'000'000;
constexpr uint64_t kUser = 100;
constexpr uint64_t kKernel = 200;

class StackStoreTest : public ::testing::Test {
 protected:
  StackStoreTest() {
    proc_.process(42, 1, "app");
    proc_.put("42/maps", "1000-9000 r-xp 00001000 fd:01 12 /bin/app\n");
    proc_.put("kallsyms",
              "ffffffff81000000 T _text\nffffffff81000000 T entry_SYSCALL_64\n"
              "ffffffff81000100 T schedule\nffffffff81000200 T bpf_trace_run3\n"
              "ffffffff81000300 T __traceiter_sched_switch\n"
              "ffffffff81000400 T next\nffffffffc0000000 t bpf_prog_1_offcpu\t[bpf]\n"
              "ffffffffc0100000 t xfs_read\t[xfs]\n");
  }

  static ps_stack_event event(uint64_t id, bool user, std::initializer_list<uint64_t> leaf_first) {
    ps_stack_event e{};
    e.id = id;
    e.is_user = user ? 1 : 0;
    if (user) e.process = {77, 42, 1};
    std::strcpy(e.comm, "app");
    for (uint64_t ip : leaf_first) e.ips[e.frames++] = ip;
    return e;
  }
  static std::size_t bytes(std::size_t frames) {
    return offsetof(ps_stack_event, ips) + frames * sizeof(uint64_t);
  }
  void add(const ps_stack_event& e) { stacks_.add(e, bytes(e.frames), kNow); }

  // "offset" of each frame, root first; notes by their text, the kernel's with a k.
  std::string text(std::optional<model::StackId> stack) {
    if (!stack) return "none";
    std::string out;
    const model::Profile& p = builder_.profile();
    for (model::LocationId id : p.frames(*stack)) {
      const model::Location& location = p.locations[id.index()];
      model::ModuleKind kind = p.modules[location.module.index()].kind;
      if (!out.empty()) out += ' ';
      if (location.status != NameStatus::kNotAttempted)
        out += model::name_status_name(location.status);
      else
        out += (kind == model::ModuleKind::kFile ? "u" : "k") + std::to_string(location.offset);
    }
    return out;
  }
  std::string joined(uint64_t user, uint64_t kernel) { return text(stacks_.join(user, kernel)); }

  testing::FakeFiles proc_;
  model::Builder builder_;
  ProcessTable processes_{builder_, proc_.path()};
  symbolizer::KernelSymbols kernel_{proc_.path()};
  StackStore stacks_{builder_, processes_, kernel_};
};

constexpr uint64_t kText = 0xffffffff81000000;

TEST_F(StackStoreTest, PutsTheKernelHalfOnTop) {
  add(event(kUser, true, {0x1010, 0x2020}));
  add(event(kKernel, false, {kText + 0x110, kText + 0x11}));
  // Return addresses are moved back into the call; the leaf is where it is.
  EXPECT_EQ(joined(kUser, kKernel), "u8223 u4112 k16 k272");
  EXPECT_EQ(joined(kUser, PS_STACK_NONE), "u8223 u4112");
  EXPECT_EQ(joined(PS_STACK_NONE, kKernel), "k16 k272");
  EXPECT_EQ(joined(PS_STACK_NONE, PS_STACK_NONE), "none");
  EXPECT_EQ(stacks_.stacks(), 2U);
}

TEST_F(StackStoreTest, GivesEqualIdsEqualStacks) {
  add(event(kUser, true, {0x1010}));
  add(event(kUser, true, {0x1010}));
  EXPECT_EQ(stacks_.stacks(), 1U);
  EXPECT_EQ(stacks_.join(kUser, PS_STACK_NONE), stacks_.join(kUser, PS_STACK_NONE));
}

TEST_F(StackStoreTest, NotesWhyAHalfIsMissing) {
  EXPECT_EQ(joined(PS_STACK_UNREADABLE, PS_STACK_NONE), "no_user_stack");
  EXPECT_EQ(joined(PS_STACK_BEFORE, PS_STACK_NONE), "before_recording");
  EXPECT_EQ(joined(PS_STACK_LOST, PS_STACK_NONE), "stack_lost");
  EXPECT_EQ(joined(PS_STACK_NONE, PS_STACK_LOST), "stack_lost");
  EXPECT_EQ(joined(PS_STACK_LOST, PS_STACK_LOST), "stack_lost stack_lost");
  EXPECT_EQ(joined(7, PS_STACK_NONE), "stack_lost") << "an id of no meaning";
}

TEST_F(StackStoreTest, TakesHalvesThatArriveLater) {
  EXPECT_EQ(joined(kUser, kKernel), "stack_lost stack_lost");
  add(event(kUser, true, {0x1010}));
  EXPECT_EQ(joined(kUser, kKernel), "u4112 stack_lost");
  add(event(kKernel, false, {kText + 0x110}));
  EXPECT_EQ(joined(kUser, kKernel), "u4112 k272");
}

TEST_F(StackStoreTest, BelievesTheSizeAndNotTheCount) {
  ps_stack_event lying = event(kUser, true, {0x1010, 0x2020, 0x3030});
  lying.frames = 0xffffffff;
  stacks_.add(lying, bytes(2), kNow);
  EXPECT_EQ(joined(kUser, PS_STACK_NONE), "u8223 u4112");
  EXPECT_EQ(stacks_.truncated(), 0U);
  lying.id = kUser + 1;
  stacks_.add(lying, bytes(2) + 7, kNow);  // no whole frame more
  EXPECT_EQ(joined(kUser + 1, PS_STACK_NONE), "u8223 u4112");
  lying.id = kUser + 2;
  stacks_.add(lying, bytes(0), kNow);
  EXPECT_EQ(joined(kUser + 2, PS_STACK_NONE), "none");
  lying.id = kUser + 3;
  stacks_.add(lying, sizeof(lying) + 4096, kNow);  // more than an event has
  EXPECT_EQ(stacks_.truncated(), 1U);
}

TEST_F(StackStoreTest, CountsStacksOfFullDepthAsTruncated) {
  ps_stack_event deep = event(kUser, true, {});
  deep.frames = PS_MAX_FRAMES;
  for (__u64& ip : deep.ips) ip = 0x1010;
  add(deep);
  EXPECT_EQ(stacks_.truncated(), 1U);
}

TEST_F(StackStoreTest, CutsAWalkThatLeftTheCode) {
  add(event(kUser, true, {0x1010, 0xdead0000, 0x2020}));
  EXPECT_EQ(joined(kUser, PS_STACK_NONE), "no_mapping u4112");
}

TEST_F(StackStoreTest, TakesTheProbesOwnFramesOff) {
  add(event(kKernel, false,
            {0xffffffffc0000010, kText + 0x210, kText + 0x310, kText + 0x110, kText + 0x11}));
  EXPECT_EQ(joined(PS_STACK_NONE, kKernel), "k16 k271");
  add(event(kKernel + 1, false, {0xffffffffc0000010, kText + 0x210}));  // nothing but the probe
  EXPECT_EQ(joined(PS_STACK_NONE, kKernel + 1), "none");
  // A program that no tracepoint called is somebody's work.
  add(event(kKernel + 2, false, {0xffffffffc0000010, kText + 0x110}));
  EXPECT_EQ(joined(PS_STACK_NONE, kKernel + 2), "k271 k18446744072635809808");
}

TEST_F(StackStoreTest, KnowsKernelModules) {
  add(event(kKernel, false, {0xffffffffc0100004}));
  std::optional<model::StackId> stack = stacks_.join(PS_STACK_NONE, kKernel);
  const model::Profile& p = builder_.profile();
  const model::Location& leaf = p.locations[p.frames(*stack).back().index()];
  EXPECT_EQ(p.modules[leaf.module.index()].path, "[xfs]");
  EXPECT_EQ(p.modules[leaf.module.index()].kind, model::ModuleKind::kKernelModule);
  EXPECT_EQ(leaf.offset, 4U);
}

TEST_F(StackStoreTest, DescribesTheProcessOfAStack) {
  ps_stack_event e = event(kUser, true, {0x1010});
  std::memset(e.comm, 'x', sizeof(e.comm));  // no terminator
  e.process.tgid = 4242;                     // not there any more
  add(e);
  EXPECT_EQ(builder_.profile().processes[0].name, std::string(16, 'x'));
  EXPECT_EQ(joined(kUser, PS_STACK_NONE), "process_gone");
}

TEST_F(StackStoreTest, ForgetsEverythingWhenCleared) {
  add(event(kUser, true, {0x1010}));
  EXPECT_EQ(joined(kUser, PS_STACK_NONE), "u4112");
  stacks_.clear();
  EXPECT_EQ(stacks_.stacks(), 0U);
  EXPECT_EQ(joined(kUser, PS_STACK_NONE), "stack_lost");
  EXPECT_FALSE(stacks_.is_full());
}

}  // namespace
}  // namespace perfscope::capture
