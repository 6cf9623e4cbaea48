import { type ImageSet, imageBytesOf, type PixelFormat } from "../../data/index.ts";
import { AtelierError, internalError } from "../../foundation/errors.ts";
import { randomStream } from "../../foundation/random.ts";
import { input, toFloat } from "../../graph/index.ts";
import { Session } from "../../runtime/index.ts";
import { pixelsFor } from "../pixels.ts";

/** Images that are learned from, at most: steps see no more than a few times as many, and all lie in memory, 180 MB of colour. */
const MOST = 60_000;
/** Images that are read at once. */
const AT_ONCE = 64;

/** Labelled images at the size that the classifier sees. */
export interface LabelledImages {
  readonly format: PixelFormat;
  readonly count: number;
  /** Pixels 0…255, [count, channels, height, width]. */
  readonly pixels: Uint8Array;
  /** [count] */
  readonly labels: Int32Array;
}

export interface ReadLabelledOptions {
  readonly classNames: readonly string[];
  /** What the images are brought to. */
  readonly format: PixelFormat;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the images that have a label, once and in their order; of more than 60,000 as many are drawn by the seed. They are
 * brought to a size as the extractor does it, but rounded to whole numbers, so that they take little memory: half of one
 * of 255 shades is nothing that a classifier goes by.
 * @throws AtelierError (data) when there are fewer than two classes, or one has no image; the signal's reason when it aborts.
 */
export async function readLabelledImages(
  images: ImageSet,
  { classNames, format, seed, signal }: ReadLabelledOptions,
): Promise<LabelledImages> {
  const rows = labelledRows(images, seed);
  const labels = Int32Array.from(rows, (row) => images.labels?.[row] ?? -1);
  assertClasses(labels, classNames);
  const imageBytes = imageBytesOf(format);
  const pixels = new Uint8ClampedArray(rows.length * imageBytes);
  const { channels, height, width } = images.format;
  const given = input("images", ["batch", channels, height, width], "uint8");
  const session = await Session.compile(
    { pixels: pixelsFor(toFloat(given), images.format, format) },
    { device: "cpu" },
  );
  try {
    for (let done = 0; done < rows.length; ) {
      signal?.throwIfAborted();
      const { first, count, rows: near } = neighbours(rows, done);
      const results = await session.run({ images: await images.read(first, count) }, undefined, count);
      const resized = results.get("pixels")?.floats();
      if (resized === undefined) throw internalError("classifier", "the session gave no pixels");
      for (const row of near) {
        const at = (row - first) * imageBytes;
        pixels.set(resized.subarray(at, at + imageBytes), done * imageBytes);
        done++;
      }
    }
  } finally {
    await session.release();
  }
  return { format, count: rows.length, pixels: new Uint8Array(pixels.buffer), labels };
}

/** The rows from position `from` on that lie near enough to be read at once: generated images come only in their order. */
function neighbours(rows: Uint32Array, from: number) {
  const first = rows[from] ?? 0;
  let end = from;
  while ((rows[end] ?? Number.POSITIVE_INFINITY) < first + AT_ONCE) end++;
  return { first, count: (rows[end - 1] ?? first) + 1 - first, rows: rows.subarray(from, end) };
}

function labelledRows({ labels = new Int32Array() }: ImageSet, seed: number): Uint32Array {
  const rows = Uint32Array.from(labels.keys()).filter((row) => (labels[row] ?? -1) >= 0);
  if (rows.length <= MOST) return rows;
  const chosen = randomStream(seed, "images to classify").permutation(rows.length).subarray(0, MOST).sort();
  return chosen.map((position) => rows[position] ?? 0);
}

function assertClasses(labels: Int32Array, classNames: readonly string[]): void {
  const unknown = labels.find((label) => label >= classNames.length);
  if (unknown !== undefined) throw internalError("classifier", `class ${unknown} of ${classNames.length}`);
  const present = new Set(labels);
  const missing = classNames.filter((_, index) => !present.has(index));
  if (classNames.length >= 2 && missing.length === 0) return;
  throw new AtelierError({
    kind: "data",
    where: "classifier",
    expected: "images of two classes or more, and some of each",
    received: lackOf(classNames, missing),
    help: "give labels of each class: class folders, labels.csv or --labels FILE",
  });
}

function lackOf(classNames: readonly string[], missing: readonly string[]): string {
  if (classNames.length < 2) return classNames.length === 0 ? "no class" : `only the class ${classNames.join()}`;
  if (missing.length === classNames.length) return "no image with a label";
  return `no image of ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? " …" : ""}`;
}
