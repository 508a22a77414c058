// What the C++ writer embeds in the page (userspace/output/html.cpp), and the tree made of it.

export interface Kind {
  name: string;
  label: string;
  light: string;
  dark: string;
}

export interface Recording {
  host: string;
  recordedAt: string;
  durationNs: number;
  command: string;
}

interface FrameColumns {
  strings: string[];
  name: string[];
  module: number[];
  file: number[];
  line: number[];
  kind: number[];
}

interface TreeColumns {
  frame: number[];
  depth: number[];
  self: number[];
  count: number[];
}

export interface View {
  name: string;
  title: string;
  unit: string;
  total: number;
  stacks: number;
  idleThreads: number; // did nothing but wait
  frames: FrameColumns;
  tree: TreeColumns;
}

export interface Data {
  recording: Recording;
  kinds: Kind[];
  views: View[];
}

export function readData(): Data {
  return JSON.parse(document.getElementById("data")!.textContent!);
}

export const kRoot = 0; // the node "all", above the processes

// Nodes in preorder, node 0 being the root; a node's descendants are node+1 … end[node]-1.
export interface Tree {
  size: number;
  frame: Int32Array; // -1 for the root
  parent: Int32Array; // -1 for the root
  end: Int32Array;
  total: Float64Array;
  self: Float64Array;
  count: Float64Array;
}

export function makeTree(view: View): Tree {
  const { frame, depth, self, count } = view.tree;
  const size = frame.length + 1;
  const tree: Tree = {
    size,
    frame: new Int32Array(size).fill(-1),
    parent: new Int32Array(size).fill(-1),
    end: new Int32Array(size).fill(size),
    total: new Float64Array(size),
    self: new Float64Array(size),
    count: new Float64Array(size),
  };
  const path: number[] = [kRoot];
  for (let node = 1; node < size; node++) {
    const level = depth[node - 1] + 1;
    while (path.length > level) tree.end[path.pop()!] = node;
    tree.frame[node] = frame[node - 1];
    tree.parent[node] = path[path.length - 1];
    tree.self[node] = tree.total[node] = self[node - 1];
    tree.count[node] = count[node - 1];
    path.push(node);
  }
  for (let node = size - 1; node > 0; node--) {
    tree.total[tree.parent[node]] += tree.total[node];
    tree.count[tree.parent[node]] += tree.count[node];
  }
  return tree;
}

export interface Frame {
  name: string;
  module: string;
  file: string;
  line: number;
  kind: number;
}

export function frameOf(view: View, tree: Tree, node: number): Frame {
  const index = tree.frame[node];
  if (index < 0) return { name: "all", module: "", file: "", line: 0, kind: 0 };
  const { frames } = view;
  return {
    name: frames.name[index],
    module: frames.strings[frames.module[index]],
    file: frames.strings[frames.file[index]],
    line: frames.line[index],
    kind: frames.kind[index],
  };
}
