// Search: which frames match, and what share of the time they hold.
import { Tree, View } from "./data";

export interface Matches {
  frames: Uint8Array; // 1 for each matching frame of the view
  invalid: boolean; // the regular expression cannot be read
}

// Plain text is looked for in upper and lower case; /text/ is a regular expression.
export function findMatches(view: View, term: string): Matches | null {
  if (!term) return null;
  const frames = new Uint8Array(view.frames.name.length);
  const test = tester(term);
  if (!test) return { frames, invalid: true };
  view.frames.name.forEach((name, index) => {
    frames[index] = test(name) ? 1 : 0;
  });
  return { frames, invalid: false };
}

function tester(term: string): ((name: string) => boolean) | null {
  const pattern = /^\/(.+)\/$/.exec(term);
  if (!pattern) {
    const wanted = term.toLowerCase();
    return (name) => name.toLowerCase().includes(wanted);
  }
  try {
    const expression = new RegExp(pattern[1], "i");
    return (name) => expression.test(name);
  } catch {
    return null;
  }
}

// Value below matching frames inside `zoom`; a match above another match counts once.
export function matchedValue(tree: Tree, matches: Matches, zoom: number): number {
  let sum = 0;
  for (let node = zoom; node < tree.end[zoom]; ) {
    if (isMatch(tree, matches, node)) {
      sum += tree.total[node];
      node = tree.end[node];
    } else {
      node++;
    }
  }
  return sum;
}

export function isMatch(tree: Tree, matches: Matches, node: number): boolean {
  const frame = tree.frame[node];
  return frame >= 0 && matches.frames[frame] === 1;
}
