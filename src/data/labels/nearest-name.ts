import { posix } from "node:path";
import leven from "leven";

const mostCompared = 5000;

/**
 * A search for the image that a misspelt name may have meant. Names are compared without folders and extension, and only where they have the
 * same numbers in them: `img_12.jpg` is not a misspelling of `img_13.jpg`. Where more than 5,000 images have the same numbers, or none,
 * nothing is found, as it would take too long.
 */
export function nearestNames(names: readonly string[]): (file: string) => string | undefined {
  let groups: Map<string, readonly string[]> | undefined;
  return (file) => {
    groups ??= groupByNumbers(names);
    const candidates = groups.get(numbersOf(file)) ?? [];
    if (candidates.length > mostCompared) return undefined;
    const wanted = bareName(file);
    const most = Math.min(3, Math.round(wanted.length / 3));
    const near = candidates.filter((name) => within(most, wanted, bareName(name)));
    const distance = new Map(near.map((name) => [name, leven(file.toLowerCase(), name.toLowerCase())]));
    return near.sort((a, b) => (distance.get(a) ?? 0) - (distance.get(b) ?? 0))[0];
  };
}

function within(most: number, a: string, b: string): boolean {
  // With `maxDistance`, leven answers with that number for everything that is further away.
  return leven(a, b, { maxDistance: most + 1 }) <= most;
}

function groupByNumbers(names: readonly string[]): Map<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const numbers = numbersOf(name);
    const group = groups.get(numbers);
    if (group) group.push(name);
    else groups.set(numbers, [name]);
  }
  return groups;
}

function numbersOf(path: string): string {
  return (bareName(path).match(/\d+/g) ?? []).map((digits) => digits.replace(/^0+/, "")).join(" ");
}

/** Without folders and extension, in small letters. */
function bareName(path: string): string {
  return posix.parse(path.replaceAll("\\", "/")).name.toLowerCase();
}
