import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ImageSet, imageBytesOf, type PixelFormat } from "../../data/index.ts";
import { TemporaryPlace } from "../../data/testing/temporary-place.ts";
import { AtelierError } from "../../foundation/errors.ts";
import { randomStream } from "../../foundation/random.ts";
import { type ImageClassifier, type TrainClassifierOptions, trainClassifier } from "./train-classifier.ts";

const place = new TemporaryPlace("classifier");
const grey12: PixelFormat = { height: 12, width: 12, channels: 1 };
const classNames = ["across", "down", "slanting"];

/** Noisy stripes of three directions, which take turns, at drawn places. */
function stripes(count: number, format: PixelFormat = grey12, seed = 1): ImageSet {
  const { channels, height, width } = format;
  const random = randomStream(seed, "stripes");
  const pixels = new Uint8Array(count * imageBytesOf(format));
  const labels = Int32Array.from({ length: count }, (_, index) => index % 3);
  let at = 0;
  for (const label of labels) {
    const phase = random.integer(height);
    for (let channel = 0; channel < channels; channel++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const along = [y, x, x + y][label] ?? 0;
          const isBright = (4 * (along + phase)) % (2 * height) < height;
          pixels[at++] = (isBright ? 150 : 50) + random.integer(100);
        }
      }
    }
  }
  return imageSet(format, pixels, labels);
}

function imageSet(format: PixelFormat, pixels: Uint8Array, labels?: Int32Array): ImageSet {
  const bytes = imageBytesOf(format);
  const count = pixels.length / bytes;
  const read = async (first: number, wanted: number) => pixels.slice(first * bytes, (first + wanted) * bytes);
  return { format, count, ...(labels && { labels }), read };
}

function relabelled(images: ImageSet, label: (own: number, index: number) => number): ImageSet {
  return { ...images, labels: (images.labels ?? new Int32Array()).map(label) };
}

/** Trains without a cache, unless one is given. */
async function trained(images: ImageSet, options: Partial<TrainClassifierOptions> = {}): Promise<ImageClassifier> {
  return await trainClassifier(images, {
    classNames,
    seed: 5,
    content: "stripes",
    steps: 6,
    cacheFolder: null,
    ...options,
  });
}

async function logitsOf(classifier: ImageClassifier, images: ImageSet): Promise<Float32Array> {
  return (await classifier.extract(await images.read(0, images.count), images.count)).logits;
}

async function hashOf(images: ImageSet, options?: Partial<TrainClassifierOptions>): Promise<string> {
  const classifier = await trained(images, options);
  await classifier.release();
  return classifier.identity.sha256;
}

describe("what is learned", () => {
  test("images that it has not seen are put into their classes", async () => {
    const classifier = await trained(stripes(120), { steps: 60 });
    const unseen = stripes(150, grey12, 2);
    const { features, logits } = await classifier.extract(await unseen.read(0, 150), 150);
    const right = Array.from(unseen.labels ?? [], (label, image) => {
      const row = logits.subarray(image * 3, (image + 1) * 3);
      return Number(row.indexOf(Math.max(...row)) === label);
    });
    expect(right.reduce((sum, hit) => sum + hit, 0)).toBeGreaterThan(140);
    expect([features.length, logits.length, classifier.classes]).toEqual([150 * 128, 150 * 3, classNames]);
    expect(classifier.identity).toMatchObject({ kind: "classifier", features: 128, trainedOn: "stripes" });
    await classifier.release();
  });

  test("the same images and seed give the same weights to the last bit, another seed gives others", async () => {
    const images = stripes(30);
    const [one, again] = [await trained(images), await trained(images)];
    expect(again.identity).toEqual(one.identity);
    expect(await logitsOf(again, images)).toEqual(await logitsOf(one, images));
    await one.release();
    await again.release();
    expect(await hashOf(images, { seed: 6 })).not.toBe(one.identity.sha256);
  });

  test("images without a label do not count, whatever they show", async () => {
    const images = stripes(30);
    const hidden = relabelled(images, (label, index) => (index < 6 ? -1 : label));
    const shuffled: ImageSet = {
      ...hidden,
      read: async (first, count) => {
        const bytes = await images.read(first, count);
        // Where an unlabelled image is read, it shows something else.
        for (let index = 0; index < count; index++)
          if (first + index < 6) bytes.fill(0, index * 144, (index + 1) * 144);
        return bytes;
      },
    };
    const withHidden = await hashOf(hidden);
    expect(await hashOf(shuffled)).toBe(withHidden);
    expect(await hashOf(images)).not.toBe(withHidden);
  });

  test.each([
    [
      { height: 48, width: 40, channels: 3 },
      { height: 32, width: 27, channels: 3 },
    ],
    [
      { height: 3, width: 2, channels: 1 },
      { height: 3, width: 2, channels: 1 },
    ],
    [
      { height: 2, width: 100, channels: 1 },
      { height: 1, width: 32, channels: 1 },
    ],
  ] as const)("images of %o are seen at %o", async (format, input) => {
    const images = stripes(6, format);
    const classifier = await trained(images, { steps: 1 });
    expect([classifier.format, classifier.identity.input]).toEqual([format, input]);
    expect((await logitsOf(classifier, images)).every(Number.isFinite)).toBe(true);
    await classifier.release();
  });
});

describe("the cache", () => {
  const files = async () => await readdir(join(place.path, "features")).catch(() => []);

  /** How many steps were made, and what came out. */
  async function counted(images: ImageSet, options: Partial<TrainClassifierOptions> = {}) {
    let steps = 0;
    const onProgress = () => {
      steps++;
    };
    const sha256 = await hashOf(images, { cacheFolder: place.path, onProgress, ...options });
    return { steps, sha256 };
  }

  test("what was learned once is not learned again", async () => {
    const first = await counted(stripes(30));
    expect(first.steps).toBe(6);
    expect(await counted(stripes(30))).toEqual({ ...first, steps: 0 });
    expect(await files()).toHaveLength(1);
  });

  test("other pixels, labels, classes, seeds and steps are learned anew", async () => {
    await counted(stripes(30));
    const images = stripes(30);
    expect((await counted(stripes(30, grey12, 2))).steps).toBe(6);
    expect((await counted(relabelled(images, (label) => (label + 1) % 3))).steps).toBe(6);
    expect((await counted(images, { classNames: ["a", "b", "c"] })).steps).toBe(6);
    expect((await counted(images, { seed: 6 })).steps).toBe(6);
    expect((await counted(images, { steps: 7 })).steps).toBe(7);
    expect(await files()).toHaveLength(6);
  });

  test("a damaged file is made again", async () => {
    const first = await counted(stripes(30));
    const [name = ""] = await files();
    const path = join(place.path, "features", name);
    const whole = await readFile(path);
    await truncate(path, whole.length - 1);
    expect(await counted(stripes(30))).toEqual(first);
    const changed = Buffer.from(whole);
    changed.writeUInt8((whole.at(-2) ?? 0) ^ 1, whole.length - 2);
    await writeFile(path, changed);
    expect(await counted(stripes(30))).toEqual(first);
    expect(await readFile(path)).toEqual(whole);
  });

  test("nothing is kept of a training that is interrupted", async () => {
    const stop = new AbortController();
    const onProgress = (done: number) => {
      if (done === 3) stop.abort(new Error("enough"));
    };
    const options = { cacheFolder: place.path, signal: stop.signal };
    await expect(trained(stripes(30), { ...options, onProgress })).rejects.toThrow("enough");
    await expect(trained(stripes(30), options)).rejects.toThrow("enough");
    expect(await files()).toEqual([]);
  });
});

describe("what cannot be learned", () => {
  const images = stripes(9);
  const withoutLabels = imageSet(grey12, new Uint8Array(3 * 144));

  test.each([
    ["a class without an image", relabelled(images, (label) => label % 2), classNames, "received no image of slanting"],
    ["no label", withoutLabels, classNames, "received no image with a label"],
    ["one class", relabelled(images, () => 0), ["across"], "received only the class across"],
    ["no class", relabelled(images, () => -1), [], "received no class"],
  ])("%s", async (_, set, names, received) => {
    const error = await trained(set, { classNames: names }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AtelierError);
    expect(error).toMatchObject({ details: { kind: "data" }, message: expect.stringContaining(received) });
  });
});
