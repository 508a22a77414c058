// What does not change while frames are looked at: facts, tabs, legend.
import { Data, Kind, View } from "./data";
import { byId, element } from "./dom";
import { formatCount, formatValue } from "./format";
import { kindColour } from "./colours";

export function showFacts({ recording }: Data, view: View): void {
  const facts: [string, string][] = [
    [view.title, formatValue(view.total, view.unit)],
    ["Host", recording.host],
    ["Recorded", recording.recordedAt.replace("T", " ").replace(/Z$/, " UTC")],
    ["Duration", recording.durationNs ? formatValue(recording.durationNs, "nanoseconds") : ""],
    ["Stacks", formatCount(view.stacks)],
    ["Left out", view.idleThreads ? `${formatCount(view.idleThreads)} threads that only slept` : ""],
    ["Command", recording.command],
  ];
  byId("facts").replaceChildren(
    ...facts
      .filter(([, value]) => value)
      .map(([label, value]) => {
        const fact = element("div", label === "Command" ? "command" : "");
        const text = element("dd", "", value);
        text.title = value;
        fact.append(element("dt", "", label), text);
        return fact;
      }),
  );
}

export function showTabs(views: View[], choose: (index: number) => void): void {
  const tabs = views.map((view, index) => {
    const tab = element("button", "", view.title);
    tab.setAttribute("role", "tab");
    tab.id = `tab-${view.name}`;
    tab.addEventListener("click", () => choose(index));
    return tab;
  });
  byId("tabs").replaceChildren(...tabs);
  byId("tabs").hidden = views.length < 2;
}

export function markTab(chosen: number): void {
  [...byId("tabs").children].forEach((tab, index) =>
    tab.setAttribute("aria-selected", String(index === chosen)),
  );
}

// Only the kinds that occur: a legend of what is not there misleads.
export function showLegend(kinds: Kind[], view: View): void {
  const present = new Set(view.frames.kind);
  byId("legend").replaceChildren(
    ...kinds
      .filter((_, index) => present.has(index))
      .map((kind) => {
        const item = element("li", "", kind.label);
        item.style.setProperty("--kind", kindColour(kind));
        return item;
      }),
  );
}
