#include "output/frame_tree.h"

#include <gtest/gtest.h>

#include "unit/output/sample_views.h"

namespace perfscope::output {
namespace {

uint64_t sum_of_roots(const std::vector<TreeNode>& tree) {
  uint64_t sum = 0;
  for (const TreeNode& node : tree) sum += node.depth == 0 ? node.total : 0;
  return sum;
}

TEST(FrameTree, KeepsTheTotal) {
  model::View view = testing::big_view(2000);
  std::vector<TreeNode> tree = make_frame_tree(view);
  uint64_t self = 0;
  for (const TreeNode& node : tree) self += node.self;
  EXPECT_EQ(sum_of_roots(tree), view.total);
  EXPECT_EQ(self, view.total);
}

TEST(FrameTree, MergesEqualPathsOnly) {
  model::View view;
  view.frames.resize(3);
  view.frames[0].name = "b";
  view.frames[1].name = "a";
  view.frames[2].name = "c";
  view.stacks = {{{0, 2}, 5, 1}, {{1, 2}, 3, 1}, {{0}, 2, 4}, {{}, 9, 1}};
  std::vector<TreeNode> tree = make_frame_tree(view);
  ASSERT_EQ(tree.size(), 4U);
  EXPECT_EQ(tree[0].frame, 1U);  // "a" before "b"
  EXPECT_EQ(tree[2].frame, 0U);
  EXPECT_EQ(tree[2].total, 7U);
  EXPECT_EQ(tree[2].self, 2U);
  EXPECT_EQ(tree[2].count, 4U);
  EXPECT_EQ(tree[3].depth, 1U);
}

TEST(FrameTree, OfNothingIsEmpty) { EXPECT_TRUE(make_frame_tree({}).empty()); }

}  // namespace
}  // namespace perfscope::output
