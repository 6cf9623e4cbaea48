import { type ImageSource, recordAt } from "../image-source.ts";
import { nearDuplicates } from "./near-duplicates.ts";
import type { Observations } from "./observations.ts";

/** Images that show the same. A name stands in at most one group of `exact`, and in at most one of `near`. */
export interface DuplicateReport {
  /** Images whose stored bytes are equal. The first of a group is the one to keep. */
  readonly exact: readonly (readonly string[])[];
  /**
   * Images that look the same though their bytes differ; of equal ones only the first takes part. The first of a group is the one
   * to keep (it has a label where one has, and the most pixels): all others look like it.
   */
  readonly near: readonly (readonly string[])[];
  /** What is both among the training and among the test images, equal or looking the same: an entry for each thing shown. */
  readonly acrossParts: readonly SharedImage[];
  /** Images that show the same and have different labels: an entry for each thing shown. */
  readonly contradictions: readonly Contradiction[];
  /** Images that were not compared with all that might look like them: too many do, or scaled down they show nothing. */
  readonly bounded: number;
}

export interface SharedImage {
  /** `exact`: at least one image of each part has equal bytes. */
  readonly likeness: Likeness;
  readonly train: readonly string[];
  readonly test: readonly string[];
}

export interface Contradiction {
  /** `exact`: at least two with different labels have equal bytes. */
  readonly likeness: Likeness;
  readonly images: readonly { readonly name: string; readonly label: string }[];
}

export type Likeness = "exact" | "near";

/** @param plain indices of images that show nothing when scaled down, and are therefore not searched for others that look the same */
export function duplicatesOf(
  source: Pick<ImageSource, "records">,
  seen: Observations,
  { plain, blank }: { readonly plain: readonly number[]; readonly blank: ReadonlySet<number> },
): DuplicateReport {
  const ranked = rankedImages(source, seen);
  const copies = equalImages(ranked, seen);
  const exact = [...copies.values()].filter((group) => group.length > 1);
  const plainOnes = new Set(plain);
  const { groups, bounded } = nearDuplicates(
    [...copies.keys()].filter((index) => !plainOnes.has(index)),
    seen,
  );
  const grouped = new Set(groups.flat());
  const shown = [
    ...exact.filter(([first]) => first !== undefined && !grouped.has(first)).map((group) => [group]),
    ...groups.map((group) => group.map((index) => copies.get(index) ?? [index])),
  ];
  const namesOf = (group: readonly number[]): readonly string[] => group.map((index) => recordAt(source, index).name);
  return {
    exact: exact.map(namesOf),
    near: groups.map(namesOf),
    acrossParts: shown.flatMap((each) => sharedImage(source, each) ?? []),
    contradictions: shown.flatMap((each) => contradictionOf(source, each) ?? []),
    // Blank images are named as such; there is nothing to compare.
    bounded: bounded + plain.filter((index) => copies.has(index) && !blank.has(index)).length,
  };
}

/** The readable images, those first that are rather kept: with a label, with more pixels, earlier. */
function rankedImages(source: Pick<ImageSource, "records">, seen: Observations): readonly number[] {
  const unlabelled = (index: number): number => (recordAt(source, index).label === null ? 1 : 0);
  const pixels = (index: number): number => seen.sizeOf(index).width * seen.sizeOf(index).height;
  return [...seen.readable].sort((a, b) => unlabelled(a) - unlabelled(b) || pixels(b) - pixels(a) || a - b);
}

/** Groups of equal images by their first; images without a copy are groups of one. */
function equalImages(ranked: readonly number[], seen: Observations): ReadonlyMap<number, readonly number[]> {
  const byDigest = new Map<string, number[]>();
  for (const index of ranked) {
    const digest = seen.digestOf(index);
    const group = byDigest.get(digest);
    if (group === undefined) byDigest.set(digest, [index]);
    else group.push(index);
  }
  return new Map([...byDigest.values()].flatMap((group) => (group[0] === undefined ? [] : [[group[0], group]])));
}

/** One thing that several images show: groups of equal ones that look the same. */
type Shown = readonly (readonly number[])[];

function sharedImage(source: Pick<ImageSource, "records">, shown: Shown): SharedImage | undefined {
  const inPart = (part: "train" | "test", group: readonly number[]): readonly string[] =>
    group.flatMap((index) => (recordAt(source, index).split === part ? recordAt(source, index).name : []));
  const [train, test] = [inPart("train", shown.flat()), inPart("test", shown.flat())];
  if (train.length === 0 || test.length === 0) return undefined;
  const exact = shown.some((group) => inPart("train", group).length > 0 && inPart("test", group).length > 0);
  return { likeness: exact ? "exact" : "near", train, test };
}

function contradictionOf(source: Pick<ImageSource, "records">, shown: Shown): Contradiction | undefined {
  const labelled = (group: readonly number[]) =>
    group.flatMap((index) => {
      const { name, label } = recordAt(source, index);
      return label === null ? [] : { name, label };
    });
  const differ = (group: readonly number[]): boolean => new Set(labelled(group).map(({ label }) => label)).size > 1;
  if (!differ(shown.flat())) return undefined;
  return { likeness: shown.some(differ) ? "exact" : "near", images: labelled(shown.flat()) };
}
