// Small helpers for the page. Text always goes in as text: names from a recording are never markup.

export function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

export function element(tag: string, className = "", text = ""): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
