import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { decodeImage, measureImage } from "../decode.ts";
import { type FoundFile, fingerprintOf } from "../files.ts";
import { hasImageExtension, readImageFile } from "../image-file.ts";
import { type ImageRecord, type ImageSource, recordAt, type SplitName } from "../image-source.ts";

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
 * Opens a folder of images. The first folders below the root, or below `train/` and `test/`, are labels; those named `unlabelled` hold images
 * without one, as do the root, `train/` and `test/` themselves. Files without an image's extension are ignored.
 * @param root the folder
 * @param files all files below it
 */
export async function openFolder(
  source: Pick<ImageSource, "name" | "location">,
  root: string,
  files: readonly FoundFile[],
): Promise<ImageSource> {
  const images = files.filter((file) => hasImageExtension(file.path));
  const records = recordsOf(images.map((file) => file.path));
  const pathOf = (index: number): string => join(root, recordAt({ records }, index).name);
  return {
    ...source,
    kind: "folder",
    records,
    ignored: files.map((file) => file.path).filter((path) => !hasImageExtension(path) && !isLabelTable(path)),
    fingerprint: await fingerprintOf(root, images),
    measure: async (index) => await measureImage(await readImageFile(pathOf(index))),
    decode: async (index, format) => await decodeImage(await readImageFile(pathOf(index)), format),
    contentHash: async (index) => {
      const { bytes } = await readImageFile(pathOf(index));
      return createHash("sha1").update(bytes).digest("base64");
    },
  };
}

/** The table of labels belongs to the data set. */
function isLabelTable(path: string): boolean {
  return basename(path) === "labels.csv";
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
  const others = [...folders].filter((folder) => folder !== "train");
  return others.some((folder) => splitFolders.has(folder)) || others.every((folder) => unlabelledFolders.has(folder));
}
