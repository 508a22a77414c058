// The part of a tree that can be seen: the zoomed node, its ancestors, and those descendants that are
// wider than a pixel. Half a million nodes become some thousand, which is what makes zooming instant.
import { Frame, frameOf, Tree, View } from "./data";

// The shape d3-flame-graph draws.
export interface VisibleNode {
  name: string;
  value: number;
  fade: boolean; // an ancestor of the zoomed node
  children: VisibleNode[];
  parent: VisibleNode | null;
  node: number;
  frame: Frame;
}

export interface Visible {
  root: VisibleNode;
  zoomed: VisibleNode;
  hidden: number; // nodes too narrow to draw
}

export function visibleTree(view: View, tree: Tree, zoom: number, minValue: number): Visible {
  const make = (node: number, parent: VisibleNode | null, value: number, fade: boolean) => {
    const frame = frameOf(view, tree, node);
    const made: VisibleNode = { name: frame.name, value, fade, children: [], parent, node, frame };
    parent?.children.push(made);
    return made;
  };

  const ancestors: number[] = [];
  for (let node = tree.parent[zoom]; node >= 0; node = tree.parent[node]) ancestors.unshift(node);
  let above: VisibleNode | null = null;
  for (const node of ancestors) above = make(node, above, tree.total[zoom], true);

  const zoomed = make(zoom, above, tree.total[zoom], false);
  const hidden = addDescendants(tree, zoomed, minValue, make);
  let root = zoomed;
  while (root.parent) root = root.parent;
  return { root, zoomed, hidden };
}

type Make = (node: number, parent: VisibleNode, value: number, fade: boolean) => VisibleNode;

function addDescendants(tree: Tree, zoomed: VisibleNode, minValue: number, make: Make): number {
  let hidden = 0;
  let parent = zoomed;
  for (let node = zoomed.node + 1; node < tree.end[zoomed.node]; ) {
    while (parent.node !== tree.parent[node]) parent = parent.parent!;
    if (tree.total[node] < minValue) {
      hidden += tree.end[node] - node;
      node = tree.end[node];
      continue;
    }
    parent = make(node, parent, tree.total[node], false);
    node++;
  }
  return hidden;
}
