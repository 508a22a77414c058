// What is known about one frame: shown beside the pointer, or beside the frame chosen by keyboard.
import { kRoot, Kind, Tree, View } from "./data";
import { byId, element } from "./dom";
import { formatCount, formatShare, formatValue } from "./format";
import { kindColour } from "./colours";
import { VisibleNode } from "./visible";

const kGap = 14; // between pointer and tooltip, px

export interface Context {
  view: View;
  tree: Tree;
  zoom: number;
  kinds: Kind[];
}

export function hideTooltip(): void {
  byId("tooltip").hidden = true;
}

export function showTooltip(context: Context, node: VisibleNode, x: number, y: number): void {
  const box = byId("tooltip");
  box.replaceChildren(heading(context, node), ...place(node), figures(context, node));
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  const left = x + kGap + width > innerWidth ? x - kGap - width : x + kGap;
  const top = y + kGap + height > innerHeight ? y - kGap - height : y + kGap;
  box.style.left = `${Math.max(4, left)}px`;
  box.style.top = `${Math.max(4, top)}px`;
}

// One sentence, for screen readers.
export function describe(context: Context, node: VisibleNode): string {
  const { tree, view } = context;
  const total = tree.total[node.node];
  return `${node.name}, ${formatValue(total, view.unit)}, ${formatShare(total, view.total)} of total`;
}

function heading(context: Context, node: VisibleNode): HTMLElement {
  const row = element("div", "tip-name");
  row.append(element("span", "", node.name));
  if (node.node === kRoot) return row;
  const kind = context.kinds[node.frame.kind];
  const badge = element("span", "badge", kind.label);
  badge.style.setProperty("--kind", kindColour(kind));
  row.append(badge);
  return row;
}

function place(node: VisibleNode): HTMLElement[] {
  const { module, file, line } = node.frame;
  const rows = [];
  if (module) rows.push(element("div", "tip-place", module));
  if (file) rows.push(element("div", "tip-place", line ? `${file}:${line}` : file));
  return rows;
}

function figures({ view, tree, zoom }: Context, { node }: VisibleNode): HTMLElement {
  const total = tree.total[node];
  const table = element("dl", "tip-figures");
  const add = (label: string, value: string, share = "") => {
    table.append(element("dt", "", label), element("dd", "", value), element("dd", "share", share));
  };
  add("Total", formatValue(total, view.unit), formatShare(total, view.total));
  if (zoom !== kRoot && node >= zoom)
    add("of zoomed frame", "", formatShare(total, tree.total[zoom]));
  if (tree.parent[node] > kRoot) add("of caller", "", formatShare(total, tree.total[tree.parent[node]]));
  add("Self", formatValue(tree.self[node], view.unit), formatShare(tree.self[node], view.total));
  if (view.unit !== "count") add("Events", formatCount(tree.count[node]));
  return table;
}
