import { type ImageSource, imagesSkipped, recordAt, type SkippedFile, skippedFile } from "../image-source.ts";
import type { Preparation } from "../images/preparation.ts";
import { classNamesOf } from "../labels/class-names.ts";
import { digestBytes, readImages } from "../read-images.ts";
import { measuredOf, suggestFrom } from "../suggest-format.ts";
import { adviceFor } from "./advice.ts";
import { blankImages, plainImages } from "./blank.ts";
import { duplicatesOf } from "./duplicates.ts";
import { ModeCounts, modeOf } from "./modes.ts";
import { Observations } from "./observations.ts";
import { odditiesOf } from "./oddities.ts";
import type { DataReport } from "./report.ts";
import { sizesOf } from "./sizes.ts";
import { countEach } from "./statistics.ts";

export interface InspectOptions {
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the reading when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Reads every image of a source and tells what is there; broken images are named and do not stop it. It remembers about 300 bytes an
 * image. Those that seem to be blank are read a second time.
 * @throws the signal's reason when it aborts.
 */
export async function inspectSource(source: ImageSource, options: InspectOptions = {}): Promise<DataReport> {
  const { seen, modes, skipped } = await observe(source, options);
  const readable = seen.readable;
  const sizes = readable.map((index) => seen.sizeOf(index));
  const plain = plainImages(seen);
  const blank = await blankImages(source, plain, options.signal);
  const labels = labelCounts(source, readable);
  const report = {
    name: source.name,
    location: source.location,
    kind: source.kind,
    found: source.records.length + imagesSkipped(source.unusable),
    readable: readable.length,
    skipped,
    ignored: source.ignored,
    ...labels,
    remarks: source.remarks,
    splits: splitCounts(source, readable),
    colours: colourCounts(seen),
    sizes: sizes.length === 0 ? null : sizesOf(sizes, suggestedSide(source, seen)),
    modes: modes.report(),
    duplicates: duplicatesOf(source, seen, { plain, blank }),
    oddities: odditiesOf(source, seen, blank),
  };
  return { ...report, advice: adviceFor(report) };
}

async function observe(source: ImageSource, { onProgress, signal }: InspectOptions) {
  const total = source.records.length;
  const preparation = smallPicture(source);
  const side = preparation.format.height;
  const seen = new Observations(total);
  const modes = new ModeCounts();
  const broken: { readonly first: number; readonly count: number; readonly reason: string }[] = [];
  let done = 0;
  const progress = (count: number): void => {
    done += count;
    onProgress?.(done, total);
  };
  await readImages(
    source,
    preparation,
    {
      take: async ({ first, count, pixels, file, stored, digests }) => {
        const mode = file && (await modeOf(file));
        if (mode !== undefined) modes.add(first, recordAt(source, first).name, mode);
        for (let image = 0; image < count; image++) {
          const index = first + image;
          seen.remember(index, pixels.subarray(3 * side * side * image, 3 * side * side * (image + 1)), side, {
            size: stored ?? mode?.size ?? recordAt(source, index).format ?? preparation.format,
            digest: digests.subarray(image * digestBytes, (image + 1) * digestBytes),
            transparent: mode?.transparent ?? false,
          });
        }
        progress(count);
      },
      skip: (first, count, reason) => {
        broken.push({ first, count, reason });
        progress(count);
      },
    },
    { signal },
  );
  // Nothing that was listed may be lost, even where a source breaks its word.
  const told = new Set(
    broken.flatMap(({ first, count }) => Array.from({ length: count }, (_, image) => first + image)),
  );
  for (const index of source.records.keys())
    if (!seen.has(index) && !told.has(index)) broken.push({ first: index, count: 1, reason: "was not handed out" });
  const skipped: readonly SkippedFile[] = [
    ...source.unusable,
    ...broken.sort((a, b) => a.first - b.first).map((range) => skippedFile(source, range)),
  ];
  return { seen, modes, skipped };
}

/**
 * The picture that is judged: 24 x 24 where the images lie there as small pixels; others are first scaled to twice that, since a JPEG
 * that is decoded at an eighth of its size is off by up to a whole pixel at its border. The filter is one that scales many at once.
 */
function smallPicture(source: ImageSource): Preparation {
  const small = source.records.every(
    ({ format }) => format !== undefined && Math.max(format.height, format.width) < 48,
  );
  const side = small ? 24 : 48;
  return { format: { height: side, width: side, channels: 3 }, fitting: { fit: "stretch", filter: "cubic" } };
}

/** What training would suggest too: of the same images. */
function suggestedSide({ records }: ImageSource, seen: Observations): number {
  const measured = measuredOf(records.length).filter((index) => seen.has(index));
  return suggestFrom(measured.map((index) => seen.sizeOf(index))).format.height;
}

function labelCounts(
  source: ImageSource,
  readable: readonly number[],
): Pick<DataReport, "classes" | "balance" | "unlabelled"> {
  const labels = readable.map((index) => recordAt(source, index).label);
  const counts = countEach(labels);
  const classes = classNamesOf(labels).map((name) => ({ name, count: counts.get(name) ?? 0 }));
  const sorted = classes.map(({ count }) => count).sort((a, b) => a - b);
  return {
    classes,
    balance: sorted.length < 2 ? null : (sorted.at(-1) ?? 1) / (sorted[0] ?? 1),
    unlabelled: counts.get(null) ?? 0,
  };
}

/** Mean colour that is none: a red dot of one in five hundred pixels is more. */
const noColour = 0.1;

function colourCounts(seen: Observations): DataReport["colours"] {
  const coloured = seen.readable.filter((index) => seen.sizeOf(index).channels === 3);
  return {
    colour: coloured.length,
    grey: seen.readable.length - coloured.length,
    colourless: coloured.filter((index) => seen.figure(index, "colourfulness") <= noColour).length,
  };
}

function splitCounts(source: ImageSource, readable: readonly number[]): DataReport["splits"] {
  if (source.records.every((record) => record.split === null)) return null;
  const counts = countEach(readable.map((index) => recordAt(source, index).split));
  return { train: counts.get("train") ?? 0, test: counts.get("test") ?? 0, unnamed: counts.get(null) ?? 0 };
}
