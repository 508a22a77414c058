// FrameTree: a view's stacks merged from the root, the shape that flame graphs draw.
#pragma once

#include <cstdint>
#include <vector>

#include "model/view.h"

namespace perfscope::output {

struct TreeNode {
  uint32_t frame;      // index into View::frames
  uint32_t depth;      // 0: a root frame, that is a process
  uint64_t self = 0;   // value of the stacks that end here
  uint64_t total = 0;  // self and all that is above
  uint64_t count = 0;  // events behind `self`
};

// Nodes in preorder: a node's descendants follow it, up to the next node that is no deeper.
// Siblings are in alphabetical order, so that equal code lies in equal places in two graphs.
std::vector<TreeNode> make_frame_tree(const model::View& view);

}  // namespace perfscope::output
