// Draws a visible tree with d3-flame-graph. Zoom, search and tooltips are ours, because the library's
// walk the whole tree; it lays out and draws what can be seen.
import { select } from "d3-selection";
import flamegraph from "d3-flame-graph";
import { VisibleNode } from "./visible";

export const kRowHeight = 20;

export interface ChartEvents {
  zoom(node: VisibleNode): void;
  hover(node: VisibleNode | null, event: MouseEvent): void;
}

type Colour = (node: VisibleNode) => string;

export class Chart {
  private readonly graph = flamegraph<VisibleNode>();
  private drawn = false;

  constructor(
    private readonly element: HTMLElement,
    colour: Colour,
    events: ChartEvents,
  ) {
    const none = Object.assign(() => {}, { show: () => {}, hide: () => {} });
    this.graph
      .cellHeight(kRowHeight)
      .transitionDuration(0)
      .resetHeightOnZoom(true)
      .tooltip(none)
      .setColorMapper((node) => colour(node.data));
    this.listen(events);
  }

  draw(root: VisibleNode, width: number, minHeight: number, icicle: boolean): void {
    this.graph.width(width).minHeight(minHeight).inverted(icicle);
    if (this.drawn) {
      this.graph.update(root);
      return;
    }
    this.drawn = true;
    this.graph(select(this.element).datum(root));
  }

  // Outlines the frame and returns its element, if it is drawn.
  mark(node: number): Element | null {
    this.element.querySelector("g.frame.selected")?.classList.remove("selected");
    const frame = [...this.element.querySelectorAll("g.frame")].find(
      (each) => drawnNode(each)?.node === node,
    );
    frame?.classList.add("selected");
    frame?.parentNode?.appendChild(frame); // above its neighbours, so that the outline is whole
    return frame ?? null;
  }

  // In the capture phase: the library's own zoom must not see the click.
  private listen(events: ChartEvents): void {
    this.element.addEventListener(
      "click",
      (event) => {
        event.stopPropagation();
        const node = nodeAt(event.target);
        if (node) events.zoom(node);
      },
      true,
    );
    this.element.addEventListener("mousemove", (event) => events.hover(nodeAt(event.target), event));
    this.element.addEventListener("mouseleave", (event) => events.hover(null, event));
  }
}

// d3 keeps an element's datum in __data__: here a d3-hierarchy node around ours.
function drawnNode(element: Element | null): VisibleNode | null {
  const datum = (element as unknown as { __data__?: { data: VisibleNode } } | null)?.__data__;
  return datum?.data ?? null;
}

function nodeAt(target: EventTarget | null): VisibleNode | null {
  return target instanceof Element ? drawnNode(target.closest("g.frame")) : null;
}
