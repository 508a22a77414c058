#include "output/frame_tree.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace perfscope::output {
namespace {

// Position of every frame in alphabetical order; frames of equal name are told apart.
std::vector<uint32_t> alphabetical_ranks(const model::View& view) {
  std::vector<uint32_t> order(view.frames.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const model::ViewFrame& left = view.frames[a];
    const model::ViewFrame& right = view.frames[b];
    return std::tie(left.name, left.module, a) < std::tie(right.name, right.module, b);
  });
  std::vector<uint32_t> ranks(order.size());
  for (uint32_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
  return ranks;
}

std::vector<const model::ViewStack*> stacks_in_tree_order(const model::View& view) {
  std::vector<uint32_t> ranks = alphabetical_ranks(view);
  std::vector<const model::ViewStack*> stacks;
  stacks.reserve(view.stacks.size());
  for (const model::ViewStack& stack : view.stacks) stacks.push_back(&stack);
  auto by_rank = [&](uint32_t a, uint32_t b) { return ranks[a] < ranks[b]; };
  std::stable_sort(
      stacks.begin(), stacks.end(), [&](const model::ViewStack* a, const model::ViewStack* b) {
        return std::lexicographical_compare(a->frames.begin(), a->frames.end(), b->frames.begin(),
                                            b->frames.end(), by_rank);
      });
  return stacks;
}

// In tree order a stack shares its first frames with the one before, and adds nodes for the rest.
class TreeBuilder {
 public:
  void add(const model::ViewStack& stack) {
    if (stack.frames.empty()) return;
    path_.resize(shared_with_last(stack));
    for (std::size_t depth = path_.size(); depth < stack.frames.size(); ++depth) {
      path_.push_back(nodes_.size());
      nodes_.push_back({stack.frames[depth], static_cast<uint32_t>(depth)});
    }
    for (std::size_t node : path_) nodes_[node].total += stack.value;
    nodes_[path_.back()].self += stack.value;
    nodes_[path_.back()].count += stack.count;
  }

  std::vector<TreeNode> take() { return std::move(nodes_); }

 private:
  std::size_t shared_with_last(const model::ViewStack& stack) const {
    std::size_t limit = std::min(path_.size(), stack.frames.size());
    std::size_t shared = 0;
    while (shared < limit && nodes_[path_[shared]].frame == stack.frames[shared]) ++shared;
    return shared;
  }

  std::vector<TreeNode> nodes_;
  std::vector<std::size_t> path_;  // nodes of the last stack, root first
};

}  // namespace

std::vector<TreeNode> make_frame_tree(const model::View& view) {
  TreeBuilder builder;
  for (const model::ViewStack* stack : stacks_in_tree_order(view)) builder.add(*stack);
  return builder.take();
}

}  // namespace perfscope::output
