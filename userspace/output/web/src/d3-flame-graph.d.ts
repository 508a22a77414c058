// The part of d3-flame-graph 5 that we use; the package has no types of its own.
declare module "d3-flame-graph" {
  import { Selection } from "d3-selection";

  interface Tooltip {
    (selection: unknown): void;
    show(event: Event, node: unknown): void;
    hide(): void;
  }

  interface FlameGraph<Data> {
    (selection: Selection<HTMLElement, Data, null, undefined>): void;
    width(px: number): this;
    minHeight(px: number): this;
    cellHeight(px: number): this;
    transitionDuration(ms: number): this;
    inverted(value: boolean): this;
    resetHeightOnZoom(value: boolean): this;
    tooltip(value: Tooltip): this;
    setColorMapper(mapper: (node: { data: Data }) => string): this;
    update(data?: Data): this;
  }

  export default function flamegraph<Data>(): FlameGraph<Data>;
}
