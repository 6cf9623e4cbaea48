import { internalError } from "../../foundation/errors.ts";
import { type ImageSource, recordAt } from "../image-source.ts";

/** What the doctor found and a cleaned copy leaves out. Images are called by their names. */
export interface Findings {
  readonly duplicates: {
    /** Groups of images whose stored bytes are equal. */
    readonly exact: readonly (readonly string[])[];
    /** Groups of images that look the same; of equal ones only one takes part. */
    readonly near: readonly (readonly string[])[];
  };
  readonly oddities: { readonly blank: readonly string[] };
}

/**
 * Which images a cleaned copy leaves out, and why: index to reason. Blank ones; all but one of equal ones, and all of them where their
 * labels contradict each other. Kept is the first of a group: of its test images where there are any (so that nothing to be tested on
 * is trained on), and of those with a label where there are any.
 * @param near whether images that look the same are treated as equal ones are
 */
export function imagesToLeaveOut(
  source: Pick<ImageSource, "records">,
  { duplicates, oddities }: Findings,
  near: boolean,
): ReadonlyMap<number, string> {
  const groups = [...duplicates.exact, ...(near ? duplicates.near : [])];
  const indices = indicesOf(source, new Set([...groups.flat(), ...oddities.blank]));
  const indexOf = (name: string): number => {
    const index = indices.get(name);
    if (index === undefined) throw internalError("cleanCopy", `the report is of other data: it names ${name}`);
    return index;
  };
  const reasons = new Map<number, string>(oddities.blank.map((name) => [indexOf(name), "blank"]));
  /** Image of an exact group to the one of it that is kept, which stands for it among the near ones. */
  const keptFor = new Map<number, number>();
  const leaveOut = (names: readonly string[], likeness: string): void => {
    const members = new Set(names.map(indexOf).map((index) => keptFor.get(index) ?? index));
    const group = [...members].filter((index) => !reasons.has(index));
    if (group.length < 2) return;
    const { kept, left } = choose(source, group, likeness);
    for (const [index, reason] of left) reasons.set(index, reason);
    if (kept !== undefined) for (const index of group) keptFor.set(index, kept);
  };
  for (const names of duplicates.exact) leaveOut(names, "equal to");
  if (near) for (const names of duplicates.near) leaveOut(names, "nearly equal to");
  return reasons;
}

interface Choice {
  /** undefined: none. */
  readonly kept: number | undefined;
  readonly left: readonly (readonly [index: number, reason: string])[];
}

function choose(source: Pick<ImageSource, "records">, group: readonly number[], likeness: string): Choice {
  const record = (index: number) => recordAt(source, index);
  const labels = new Set(group.flatMap((index) => record(index).label ?? []));
  if (labels.size > 1) {
    const differ = `, and their labels contradict each other: ${[...labels].join(", ")}`;
    const left = group.map((index) => {
      const other = group.find((each) => record(each).label !== null && record(each).label !== record(index).label);
      return [index, `${likeness} ${record(other ?? index).name}${differ}`] as const;
    });
    return { kept: undefined, left };
  }
  const tests = group.filter((index) => record(index).split === "test");
  const candidates = tests.length > 0 ? tests : group;
  const kept = candidates.find((index) => record(index).label !== null) ?? candidates[0];
  if (kept === undefined) throw internalError("cleanCopy", "a group without images");
  const left = group
    .filter((index) => index !== kept)
    .map((index) => {
      const leak = record(kept).split === "test" && record(index).split !== "test";
      return [index, `${likeness} ${record(kept).name}${leak ? ", a test image" : ""}`] as const;
    });
  return { kept, left };
}

function indicesOf({ records }: Pick<ImageSource, "records">, names: ReadonlySet<string>): ReadonlyMap<string, number> {
  const indices = new Map<string, number>();
  for (const [index, { name }] of records.entries()) if (names.has(name)) indices.set(name, index);
  return indices;
}
