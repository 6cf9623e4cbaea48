import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Dataset, Split } from "../dataset.ts";
import type { ImageSource } from "../image-source.ts";
import { usualFitting } from "../images/preparation.ts";
import { openSource } from "../open-source.ts";
import { packDataset } from "../store/pack.ts";
import { applyLabels } from "./apply-labels.ts";
import { labelsCsv, parseLabelTable } from "./label-table.ts";

// Two data sets of the same images: of one all labels are known and all but two of each class are hidden by `labelsPerClass`; of the
// other nobody ever knew more than these two. If they are equal in everything that training is given, it cannot use a hidden label.
const format = { height: 8, width: 8, channels: 1 } as const;
const perClass = 2;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-hidden-"));
  for (const split of ["train", "test"]) {
    await mkdir(join(folder, "data", split), { recursive: true });
    for (let n = 0; n < 30; n++) {
      const grey = { r: 8 * n, g: 8 * n, b: 8 * n };
      const image = sharp({ create: { width: 9, height: 9, channels: 3, background: grey } });
      await image.png().toFile(join(folder, "data", split, `${n}.png`));
    }
  }
});
afterAll(async () => await rm(folder, { recursive: true }));

/** Three classes, one of them with one image, images without a label, and a class that only the test images have. */
const labelOf = (name: string): string | null => {
  const number = Number.parseInt(name.replace(/\D/g, ""), 10);
  if (number === 0) return "rare";
  if (number % 5 === 4) return name.startsWith("test") ? "in test only" : null;
  return number % 2 === 0 ? "even" : "odd";
};
const sourceWith = async (labels: (name: string) => string | null | undefined): Promise<ImageSource> => {
  const source = await openSource(join(folder, "data"));
  const rows = source.records.flatMap(({ name }) => {
    const label = labels(name);
    return label === undefined ? [] : [{ name, label }];
  });
  return applyLabels(source, parseLabelTable(Buffer.from(labelsCsv(rows)), "labels.csv"), "labels.csv");
};
/** Everything that training is given of a data set; the file is closed. */
const seen = (dataset: Dataset) => {
  const { classNames, train, heldOut } = dataset;
  const found = { classNames, train: { ...content(train), labels: train.labels }, heldOut: content(heldOut) };
  dataset.close();
  return found;
};
const content = (split: Split) => {
  const { count, names, imageBytes } = split;
  const pixels = Buffer.alloc(count * imageBytes);
  for (let index = 0; index < count; index++) split.copyImage(index, pixels, index * imageBytes);
  return { names, pixels: pixels.toString("hex") };
};
const pack = async (source: ImageSource, options: { seed: number; labelsPerClass?: number }) =>
  seen(await packDataset(source, { format, fitting: usualFitting, cacheFolder: join(folder, "cache"), ...options }));

/** The labels that are left in the training images. */
const visible = ({ classNames, train }: Awaited<ReturnType<typeof pack>>): Map<string, string | undefined> =>
  new Map(
    train.names.flatMap((name, index) =>
      train.labels[index] === -1 ? [] : [[name, classNames[train.labels[index] ?? -1]]],
    ),
  );

describe("labels that are hidden by labelsPerClass", () => {
  test.each([[1], [2], [3]])(
    "cannot influence training: the same data as if they had never been known (seed %i)",
    async (seed) => {
      const hidden = await pack(await sourceWith(labelOf), { seed, labelsPerClass: perClass });
      const drawn = visible(hidden);
      expect([hidden.classNames, drawn.size, hidden.train.names.length]).toEqual([["even", "odd", "rare"], 5, 30]);
      for (const [name, label] of drawn) expect(label).toBe(labelOf(name));

      const unknown = await pack(await sourceWith((name) => drawn.get(name)), { seed });
      expect(unknown).toEqual(hidden);
    },
  );

  test("may be any others, where the draw stays", async () => {
    const drawn = visible(await pack(await sourceWith(labelOf), { seed: 1, labelsPerClass: perClass }));
    expect(drawn.size).toBe(5);
    const kept = (name: string): string | null => drawn.get(name) ?? null;
    const swapped = (name: string): string | null => kept(name) ?? (labelOf(name) === "even" ? "odd" : "even");
    const [few, other] = [await sourceWith(kept), await sourceWith(swapped)];
    // All that is known of the others is what the table of the drawn labels says of them: nothing.
    const table = parseLabelTable(Buffer.from(labelsCsv(few.records)), "run/labels.csv");
    const relabelled = applyLabels(other, table, "run/labels.csv");
    expect(await pack(relabelled, { seed: 1 })).toEqual(await pack(few, { seed: 1 }));
  });

  test("are drawn anew by another seed", async () => {
    const draws = [1, 2].map(async (seed) =>
      visible(await pack(await sourceWith(labelOf), { seed, labelsPerClass: perClass })),
    );
    const [one, two] = await Promise.all(draws);
    expect(one).not.toEqual(two);
  });
});
