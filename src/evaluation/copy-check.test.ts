import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Dataset,
  type ImageSet,
  imageBytesOf,
  imagesOf,
  mirrorImage,
  openDataset,
  type PixelFormat,
} from "../data/index.ts";
import type { FeatureExtractor } from "../features/index.ts";
import { randomStream } from "../foundation/random.ts";
import { MatrixProducts } from "../runtime/index.ts";
import { type CopyCheck, checkCopies } from "./copy-check.ts";
import { encodeCopyPicture } from "./copy-picture.ts";
import { copyingSchema } from "./score-card.ts";

const format: PixelFormat = { height: 24, width: 24, channels: 3 };
const size = imageBytesOf(format);

/** Random ReLU features of the means over areas of 4x4 pixels. */
function tinyExtractor(given = format): FeatureExtractor {
  const [cells, features] = [given.channels * 36, 96];
  const weights = randomStream(9, "tiny extractor").normals(cells * features);
  return {
    format: given,
    identity: { kind: "random", name: "tiny", sha256: "", layer: "", features, input: given, resize: "", pixels: "" },
    extract: async (images, count) => {
      const result = new Float32Array(count * features);
      for (let image = 0; image < count; image++) {
        const means = new Float64Array(cells);
        for (let index = 0; index < size; index++) {
          const [plane, row, column] = [Math.floor(index / 576), Math.floor(index / 24) % 24, index % 24];
          const cell = plane * 36 + Math.floor(row / 4) * 6 + Math.floor(column / 4);
          means[cell] = (means[cell] ?? 0) + (images[image * size + index] ?? 0) / 16 / 255 - 0.5 / 16;
        }
        for (let feature = 0; feature < features; feature++) {
          const sum = means.reduce((total, mean, cell) => total + mean * (weights[feature * cells + cell] ?? 0), 0);
          result[image * features + feature] = Math.max(0, sum);
        }
      }
      return { features: result };
    },
    release: () => Promise.resolve(),
  };
}

let cacheFolder = "";
let dataset: Dataset;
let products: MatrixProducts;
let training: ImageSet;
/** Real images that the generator has not seen: some play a good generator, others are held out. */
let [unseen, heldOut]: [Images, ImageSet] = [[], setOf([])];
let trained: Images = [];

type Images = readonly Uint8Array[];

function setOf(images: Images): ImageSet {
  const read: ImageSet["read"] = async (first, count) =>
    new Uint8Array(Buffer.concat(images.slice(first, first + count)));
  return { format, count: images.length, read };
}

async function imagesIn(set: ImageSet, first: number, end: number): Promise<Images> {
  const bytes = await set.read(first, end - first);
  return Array.from({ length: end - first }, (_, index) => bytes.slice(index * size, (index + 1) * size));
}

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "atelier-copies-"));
  dataset = await openDataset("sample:flowers", { format, seed: 1, cacheFolder, heldOutFraction: 0.3 });
  products = await MatrixProducts.open();
  training = imagesOf(dataset.train, format, 300, 1);
  trained = await imagesIn(training, 40, 100);
  const others = imagesOf(dataset.heldOut, format);
  unseen = await imagesIn(others, 0, 380);
  heldOut = setOf(await imagesIn(others, 380, 560));
}, 60_000);

afterAll(async () => {
  await products.release();
  dataset.close();
  await rm(cacheFolder, { recursive: true });
});

function check(generated: Images, changes: Partial<Parameters<typeof checkCopies>[0]> = {}): Promise<CopyCheck> {
  const extractor = tinyExtractor();
  return checkCopies({ generated: setOf(generated), training, heldOut, extractor, products, seed: 1, ...changes });
}

function noised(images: Images, deviation: number): Images {
  const random = randomStream(2, "noise");
  const changed = (value: number) => Math.min(255, Math.max(0, value + 255 * deviation * random.normal()));
  return images.map((image) => image.map((value) => Math.round(changed(value))));
}

function mirrored(images: Images): Images {
  return images.map((image) => {
    const copy = Uint8Array.from(image);
    mirrorImage(copy, format);
    return copy;
  });
}

const brighter = (images: Images): Images => images.map((image) => image.map((value) => Math.min(255, value + 13)));

function blurred(images: Images, sigma: number): Promise<Images> {
  const { height, width } = format;
  return Promise.all(
    images.map(async (image) => {
      const planes = [0, 1, 2].map((plane) =>
        sharp(image.subarray(plane * 576, (plane + 1) * 576), { raw: { width, height, channels: 1 } })
          .blur(sigma)
          .extractChannel(0)
          .raw()
          .toBuffer(),
      );
      return new Uint8Array(Buffer.concat(await Promise.all(planes)));
    }),
  );
}

describe("a generator that copies", () => {
  it.each<[string, (images: Images) => Images, boolean]>([
    ["training images", (images) => images, false],
    ["slightly noised ones", (images) => noised(images, 0.02), false],
    ["noised ones", (images) => noised(images, 0.05), false],
    ["mirrored ones", mirrored, true],
    ["mirrored and noised ones", (images) => noised(mirrored(images), 0.02), true],
    ["brighter ones", brighter, false],
  ])("is caught: %s", async (_, change, isMirrored) => {
    const { copying, nearest, authentic } = await check(change(trained));
    expect(copying.alarm).toBe(true);
    expect(copying.copies).toBeGreaterThan(0.9);
    expect(copying.finding).toContain("the generator copies");
    expect(authentic?.value).toBeLessThan(0.5);
    const found = nearest.filter(({ pixels }, image) => pixels.training === 40 + image);
    expect(found.length).toBe(nearest.length);
    expect(found.every(({ pixels }) => pixels.mirrored === isMirrored)).toBe(true);
    expect(copyingSchema.parse(copying).suspects.length).toBe(16);
  });

  it("is caught when only 5 % of its images are copies, and they are named", async () => {
    const { copying } = await check([...unseen, ...noised(trained.slice(0, 20), 0.02)]);
    expect(copying).toMatchObject({ alarm: true, generated: 400, training: 300, heldOut: 180 });
    expect(copying.copies).toBeGreaterThanOrEqual(0.05);
    expect(copying.copies).toBeLessThan(0.08);
    for (const { generated, training: name } of copying.suspects) {
      expect(generated).toBeGreaterThanOrEqual(380);
      expect(name).toBe(training.names?.[generated - 380 + 40]);
    }
  });

  it("is caught without held-out images", async () => {
    const { copying, copyingZ } = await check(trained, { heldOut: setOf([]) });
    expect(copying).toMatchObject({ alarm: true, heldOut: 0 });
    expect(copying.heldOutCopies).toBeUndefined();
    expect(copyingZ).toBeUndefined();
  });

  it("is caught among hardly any images, and the finding says what it rests on", async () => {
    const few = setOf(trained.slice(0, 5));
    const { copying } = await check(trained.slice(0, 5), { training: few, heldOut: setOf(unseen.slice(0, 3)) });
    expect(copying.alarm).toBe(true);
    expect(copying.finding).toContain("Only 8 real images were there to compare with");
  });

  it("is caught when the training set holds each image twice, exactly or hardly changed", async () => {
    const images = await imagesIn(training, 0, 100);
    for (const second of [images, noised(images, 0.01), mirrored(images)]) {
      const { copying, nearest } = await check(noised(trained, 0.03), { training: setOf([...images, ...second]) });
      expect(copying).toMatchObject({ alarm: true, training: 200 });
      expect(copying.copies).toBeGreaterThan(0.9);
      expect(nearest.every(({ pixels }) => pixels.unit > 0)).toBe(true);
    }
  });
});

describe("a generator that does not copy", () => {
  it("is not accused: real images that it has not seen", async () => {
    const { copying, copyingZ, authentic, duplicates } = await check(unseen);
    expect(copying.alarm).toBe(false);
    expect(copying.copies).toBeLessThan(0.03);
    expect(Math.abs(copyingZ ?? 99)).toBeLessThan(4);
    expect(authentic?.value).toBeGreaterThan(0.3);
    expect(authentic?.interval.low).toBeLessThan(authentic?.value ?? 0);
    expect(duplicates.value).toBeLessThan(0.05);
  });

  it.each([0.7, 1.5])("is not accused: a blurred one, sigma %d", async (sigma) => {
    expect((await check(await blurred(unseen.slice(0, 150), sigma))).copying.alarm).toBe(false);
  });

  it("is not accused of near-duplicates that real images have as well", async () => {
    // A burst of photographs: each image in three slightly different forms, of which one is held out.
    const scenes = await imagesIn(training, 0, 120);
    const { copying } = await check(noised(scenes.slice(0, 40), 0.021), {
      training: setOf([...noised(scenes, 0.02), ...noised(scenes, 0.022)]),
      heldOut: setOf(noised(scenes.slice(40), 0.023)),
    });
    expect(copying.copies).toBeGreaterThan(0.5);
    expect(copying.heldOutCopies).toBeGreaterThan(0.5);
    expect(copying.alarm).toBe(false);
    expect(copying.finding).toContain("near-duplicates in the data");
  });
});

describe("checkCopies", () => {
  it("sees images that repeat among the generated ones", async () => {
    const repeated = [...unseen.slice(0, 60), ...noised(unseen.slice(0, 20), 0.02)];
    const { duplicates, copying } = await check(repeated);
    expect(duplicates.value).toBeCloseTo(0.5, 1);
    expect(copying.alarm).toBe(false);
  });

  it("gives the same result for the same seed, and counts what it has looked at", async () => {
    const progress: number[] = [];
    const onProgress = (done: number, total: number) => progress.push(done / total);
    const few = trained.slice(0, 20);
    expect(await check(few, { onProgress })).toEqual(await check(few));
    expect(progress.at(-1)).toBe(1);
  });

  it("says so when the training images are all the same", async () => {
    const [image = new Uint8Array(size)] = trained;
    const { copying, authentic } = await check(trained, { training: setOf([image, image, image]) });
    expect(copying).toMatchObject({ alarm: false, copies: 0 });
    expect(copying.finding).toContain("nothing can be said");
    expect(authentic).toBeUndefined();
  });

  it("refuses sets of different formats, and empty ones", async () => {
    const grey = { ...setOf([]), format: { ...format, channels: 1 as const }, count: 1 };
    await expect(check(unseen, { heldOut: grey })).rejects.toThrow(
      "expected 24x24, 3 channels, received 24x24, 1 channels",
    );
    await expect(check([])).rejects.toThrow("generated images: expected at least one image");
  });

  it("ends when it is told to", async () => {
    await expect(check(unseen, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});

describe("encodeCopyPicture", () => {
  it("shows each image beside the training images that it comes from, mirrored as they were", async () => {
    const generated = setOf(mirrored(trained.slice(0, 14)));
    const png = await encodeCopyPicture(await check(mirrored(trained.slice(0, 14))), generated, training);
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    const [cell, gap] = [3 * 24, 2];
    // Words, where there is a font to write them in, stand above and at the right.
    const height = 12 * (cell + gap) + gap;
    const top = info.height - height;
    expect(top === 0).toBe(info.width === 3 * (cell + gap) + gap);
    const column = (number: number) => {
      const left = gap + number * (cell + gap);
      return Array.from({ length: height * cell * 3 }, (_, index) => {
        const [row, x] = [Math.floor(index / (cell * 3)), index % (cell * 3)];
        return data[((top + row) * info.width + left) * 3 + x];
      });
    };
    expect(column(1)).toEqual(column(0));
    expect(column(2)).toEqual(column(0));
  });
});
