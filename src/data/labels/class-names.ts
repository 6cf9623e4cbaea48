import type { ImageRecord } from "../image-source.ts";

/** Sorted, numbers by their value (`2` before `10`), without repetition. */
export function classNamesOf(labels: Iterable<string | null>): readonly string[] {
  const names = new Set<string>();
  for (const label of labels) if (label !== null) names.add(label);
  const collator = new Intl.Collator("en", { numeric: true });
  return [...names].sort((a, b) => collator.compare(a, b) || (a < b ? -1 : 1));
}

/** Says by name which held-out images have a label that training never sees. */
export function labelsUnknownIn(
  records: readonly ImageRecord[],
  heldOut: readonly number[],
  classNames: readonly string[],
): readonly string[] {
  const known = new Set(classNames);
  const counts = new Map<string, number>();
  for (const row of heldOut) {
    const label = records[row]?.label ?? null;
    if (label !== null && !known.has(label)) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].map(
    ([name, count]) =>
      `no training image is labelled ${name}: its ${count === 1 ? "only held-out image counts" : `${count} held-out images count`} as without a label`,
  );
}
