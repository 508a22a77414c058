// Draws a visible tree with d3-flame-graph. Zoom, search and tooltips are ours, because the library's
// walk the whole tree; it lays out and draws what can be seen.
import { select } from "d3-selection";
import { interrupt } from "d3-transition";
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
    if (this.drawn) this.graph.update(root);
    else this.graph(select(this.element).datum(root));
    this.drawn = true;
    this.settle(width, icicle);
  }

  // The library moves frames into place by transitions, new ones for 250 ms whatever duration is
  // asked for. Thousands of them make a slow page: end them, and put everything where it belongs.
  private settle(width: number, icicle: boolean): void {
    const height = Number(this.element.querySelector("svg")!.getAttribute("height"));
    for (const frame of this.element.querySelectorAll("g.frame")) {
      const { x0, depth, data } = datumOf(frame)!;
      const y = icicle ? depth * kRowHeight : height - (depth + 1) * kRowHeight;
      const rect = frame.querySelector("rect")!;
      const label = frame.querySelector("div")!;
      for (const moving of [frame, rect, label]) interrupt(moving);
      frame.setAttribute("transform", `translate(${x0 * width},${y})`);
      rect.setAttribute("width", frame.getAttribute("width")!);
      label.textContent = data.name;
    }
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

interface Datum {
  x0: number; // of 1
  depth: number;
  data: VisibleNode;
}

// d3 keeps an element's datum in __data__: here a d3-hierarchy node around ours.
function datumOf(element: Element | null): Datum | null {
  return (element as unknown as { __data__?: Datum } | null)?.__data__ ?? null;
}

function drawnNode(element: Element | null): VisibleNode | null {
  return datumOf(element)?.data ?? null;
}

function nodeAt(target: EventTarget | null): VisibleNode | null {
  return target instanceof Element ? drawnNode(target.closest("g.frame")) : null;
}
