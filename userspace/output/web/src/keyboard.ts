// Keys: / searches, arrows move between frames, Enter zooms, Escape undoes the last of these.
import { VisibleNode } from "./visible";

export interface KeyActions {
  focusSearch(): void;
  leave(): void; // Escape
  zoomSelected(): void;
  toggleIcicle(): void;
  select(node: VisibleNode): void;
  selected(): VisibleNode; // never none: the zoomed frame when nothing is chosen
  icicle(): boolean;
}

export function listenToKeys(search: HTMLInputElement, actions: KeyActions): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return act(event, actions.leave);
    if (event.target === search) return;
    if (event.key === "/") return act(event, actions.focusSearch);
    if (event.key === "i" || event.key === "I") return act(event, actions.toggleIcicle);
    if (event.target instanceof HTMLButtonElement) return;
    if (event.key === "Enter") return act(event, actions.zoomSelected);
    const next = neighbour(event.key, actions);
    if (next) act(event, () => actions.select(next));
  });
}

function act(event: KeyboardEvent, action: () => void): void {
  event.preventDefault();
  action();
}

function neighbour(key: string, actions: KeyActions): VisibleNode | null {
  const from = actions.selected();
  const deeper = actions.icicle() ? "ArrowDown" : "ArrowUp";
  const shallower = actions.icicle() ? "ArrowUp" : "ArrowDown";
  if (key === deeper) return widestChild(from) ?? from;
  if (key === shallower) return from.parent ?? from;
  if (key === "ArrowLeft") return sibling(from, -1) ?? from;
  if (key === "ArrowRight") return sibling(from, 1) ?? from;
  return null;
}

function widestChild(node: VisibleNode): VisibleNode | null {
  return node.children.reduce<VisibleNode | null>(
    (best, each) => (best && best.value >= each.value ? best : each),
    null,
  );
}

function sibling(node: VisibleNode, step: number): VisibleNode | null {
  const row = node.parent?.children ?? [];
  return row[row.indexOf(node) + step] ?? null;
}
