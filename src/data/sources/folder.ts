import { type Delivery, type ImageRecord, recordAt, type SplitName } from "../image-source.ts";
import { hasImageExtension } from "../images/image-file.ts";
import { leftOver, type SourceKind } from "./source-kind.ts";

/** Folders that keep images apart; validation images are kept away from training too. */
const splitFolders: ReadonlyMap<string, SplitName> = new Map([
  ["train", "train"],
  ["test", "test"],
  ["val", "test"],
  ["valid", "test"],
  ["validation", "test"],
]);
const unlabelledFolders: ReadonlySet<string> = new Set(["unlabelled", "unlabeled"]);

/**
 * Image files. The first folders below the root, or below `train/` and `test/`, are labels; those named `unlabelled` hold images without
 * one, as do the root, `train/` and `test/` themselves. Files without an image's extension are ignored.
 */
export const folder: SourceKind = {
  name: "folder",
  choose: (paths) => paths.filter(hasImageExtension),
  open: async (called, tree, chosen) => {
    const records = recordsOf(chosen);
    return {
      ...called,
      kind: "folder",
      records,
      ...leftOver(folder, tree, new Set(chosen)),
      remarks: classesLikeParts(records),
      fingerprint: await tree.fingerprint(chosen),
      images: async function* (wanted: Iterable<number> = records.keys()): AsyncGenerator<Delivery> {
        for (const index of wanted)
          yield { kind: "file", index, load: async () => await tree.read(recordAt({ records }, index).name) };
      },
    };
  },
};

/** Remarks on classes that are called like the part of a data set that is held out. */
function classesLikeParts(records: readonly ImageRecord[]): readonly string[] {
  const classes = new Set(records.map(({ label, split }) => (split === null && label !== null ? label : "")));
  return [...classes]
    .filter((label) => splitFolders.get(label.toLowerCase()) === "test")
    .map(
      (label) => `${label}/ is taken for a class: move the other classes into a folder train/ beside it to hold it out`,
    );
}

/** Labels and splits of images, from their paths relative to the root. */
export function recordsOf(paths: readonly string[]): readonly ImageRecord[] {
  const splitsNamed = namesSplits(paths);
  return paths.map((name): ImageRecord => {
    const [first = "", ...deeper] = name.split("/");
    const split = (splitsNamed && deeper.length > 0 && splitFolders.get(first.toLowerCase())) || null;
    const [label = "", ...rest] = split === null ? [first, ...deeper] : deeper;
    const labelled = rest.length > 0 && !unlabelledFolders.has(label.toLowerCase());
    return { name, label: labelled ? label : null, split };
  });
}

/**
 * Whether `train/` means the images to train on. It does beside a `test/` or alone; beside other classes it is one of them,
 * as in `boat/ car/ train/`.
 */
function namesSplits(paths: readonly string[]): boolean {
  const folders = new Set(
    paths.filter((path) => path.includes("/")).map((path) => path.split("/", 1).join("").toLowerCase()),
  );
  if (!folders.has("train")) return false;
  const others = [...folders].filter((name) => name !== "train");
  return others.some((name) => splitFolders.has(name)) || others.every((name) => unlabelledFolders.has(name));
}
