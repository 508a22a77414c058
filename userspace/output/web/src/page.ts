// The page's state, and what the reader does to it.
import { Chart } from "./chart";
import { frameColour } from "./colours";
import { Data, kRoot, makeTree, Tree, View } from "./data";
import { byId, element } from "./dom";
import { formatCount, formatShare, formatValue } from "./format";
import { markTab, showFacts, showLegend, showTabs } from "./header";
import { listenToKeys } from "./keyboard";
import { findMatches, isMatch, Matches, matchedValue } from "./search";
import { describe, hideTooltip, showTooltip } from "./tooltip";
import { Visible, visibleTree, VisibleNode } from "./visible";

const kMinFramePx = 1;

export class Page {
  private view: View;
  private tree: Tree;
  private readonly trees = new Map<View, Tree>();
  private zoom = kRoot;
  private icicle = false;
  private matches: Matches | null = null;
  private visible!: Visible;
  private selected: VisibleNode | null = null;
  private readonly chart: Chart;
  private readonly search = byId<HTMLInputElement>("search");

  constructor(private readonly data: Data) {
    this.view = data.views[0];
    this.tree = this.treeOf(this.view);
    this.chart = new Chart(byId("chart"), (node) => this.colour(node), {
      zoom: (node) => this.zoomTo(node.node),
      hover: (node, event) => this.hover(node, event),
    });
    showTabs(data.views, (index) => this.choose(index));
    this.listen();
    this.choose(0);
  }

  private treeOf(view: View): Tree {
    let tree = this.trees.get(view);
    if (!tree) this.trees.set(view, (tree = makeTree(view)));
    return tree;
  }

  private choose(index: number): void {
    this.view = this.data.views[index];
    this.tree = this.treeOf(this.view);
    markTab(index);
    showFacts(this.data, this.view);
    this.matches = findMatches(this.view, this.search.value.trim());
    this.zoomTo(kRoot);
  }

  private zoomTo(node: number): void {
    this.zoom = node;
    this.selected = null;
    this.draw();
    this.scrollToRoot();
  }

  private draw(): void {
    hideTooltip();
    const stage = byId("stage");
    const width = byId("chart").clientWidth;
    const minValue = (this.tree.total[this.zoom] * kMinFramePx) / Math.max(width, 1);
    this.visible = visibleTree(this.view, this.tree, this.zoom, minValue);
    const empty = this.view.total === 0;
    byId("empty").hidden = !empty;
    byId("chart").hidden = empty;
    this.showAround(); // first: it decides how much room the chart has
    if (!empty) this.chart.draw(this.visible.root, width, stage.clientHeight - 8, this.icicle);
    if (this.selected) this.chart.mark(this.selected.node);
  }

  private showAround(): void {
    showLegend(this.data.kinds, this.view);
    this.showPath();
    this.showNote();
    this.showMatched();
    byId<HTMLButtonElement>("reset").disabled = this.zoom === kRoot;
  }

  // The root is at the bottom of a flame graph, at the top of an icicle.
  private scrollToRoot(): void {
    const stage = byId("stage");
    stage.scrollTop = this.icicle ? 0 : stage.scrollHeight;
  }

  private colour(node: VisibleNode): string {
    const match = this.matches !== null && isMatch(this.tree, this.matches, node.node);
    return frameColour(this.data.kinds[node.frame.kind], node.name, this.matches !== null, match);
  }

  private showPath(): void {
    const steps: HTMLElement[] = [];
    for (let node: VisibleNode | null = this.visible.zoomed; node; node = node.parent) {
      const target = node.node;
      const step = element("button", "", node.name);
      step.title = node.name;
      step.addEventListener("click", () => this.zoomTo(target));
      steps.unshift(step);
    }
    byId("path").hidden = this.zoom === kRoot;
    byId("path").replaceChildren(...steps);
    byId("path").scrollLeft = byId("path").scrollWidth;
  }

  private showNote(): void {
    const { hidden } = this.visible;
    byId("note").textContent = hidden ? `${formatCount(hidden)} frames below 1 px: zoom to see them` : "";
  }

  private showMatched(): void {
    const box = byId("matched");
    box.hidden = this.matches === null;
    if (!this.matches) return;
    box.classList.toggle("invalid", this.matches.invalid);
    if (this.matches.invalid) {
      box.textContent = "not a regular expression";
      return;
    }
    const value = matchedValue(this.tree, this.matches, this.zoom);
    const share = formatShare(value, this.tree.total[this.zoom]);
    const of = this.zoom === kRoot ? "" : " of zoomed frame";
    box.textContent = `${share}${of} matched · ${formatValue(value, this.view.unit)}`;
  }

  private context() {
    return { view: this.view, tree: this.tree, zoom: this.zoom, kinds: this.data.kinds };
  }

  private hover(node: VisibleNode | null, event: MouseEvent): void {
    if (node) showTooltip(this.context(), node, event.clientX, event.clientY);
    else hideTooltip();
  }

  private select(node: VisibleNode): void {
    this.selected = node;
    const frame = this.chart.mark(node.node);
    frame?.scrollIntoView({ block: "nearest" });
    byId("live").textContent = describe(this.context(), node);
    if (!frame) return;
    const { left, top } = frame.getBoundingClientRect();
    showTooltip(this.context(), node, left, top);
  }

  private find(term: string): void {
    this.matches = findMatches(this.view, term.trim());
    this.draw();
  }

  // Undoes one thing: the search, then the choice of a frame, then the zoom.
  private leave(): void {
    hideTooltip();
    if (this.matches) {
      this.search.value = "";
      this.find("");
      this.search.blur();
    } else if (document.activeElement === this.search) {
      this.search.blur();
    } else if (this.selected) {
      this.selected = null;
      this.chart.mark(-1);
    } else if (this.zoom !== kRoot) {
      this.zoomTo(kRoot);
    }
  }

  private toggleIcicle(): void {
    this.icicle = !this.icicle;
    byId("icicle").setAttribute("aria-pressed", String(this.icicle));
    this.draw();
    this.scrollToRoot();
  }

  private listen(): void {
    this.search.addEventListener("input", () => this.find(this.search.value));
    byId("icicle").addEventListener("click", () => this.toggleIcicle());
    byId("reset").addEventListener("click", () => this.zoomTo(kRoot));
    byId("stage").addEventListener("scroll", hideTooltip);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    addEventListener("resize", () => requestAnimationFrame(() => this.draw()));
    listenToKeys(this.search, {
      focusSearch: () => this.search.select(),
      leave: () => this.leave(),
      zoomSelected: () => this.selected && this.zoomTo(this.selected.node),
      toggleIcicle: () => this.toggleIcicle(),
      select: (node) => this.select(node),
      selected: () => this.selected ?? this.visible.zoomed,
      icicle: () => this.icicle,
    });
  }
}
