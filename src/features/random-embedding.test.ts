import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageBytesOf, openSource, type PixelFormat } from "../data/index.ts";
import { decodedImages } from "../data/testing/decoded.ts";
import { randomStream } from "../foundation/random.ts";
import type { FeatureExtractor } from "./extractor.ts";
import { openRandomEmbedding } from "./random-embedding.ts";

const colour = { height: 64, width: 64, channels: 3 } as const;
const count = 40;
let embedding: FeatureExtractor;
/** Two sets of flowers, `count` each. */
let flowers: Uint8Array;
let others: Uint8Array;

beforeAll(async () => {
  const wanted = Array.from({ length: 2 * count }, (_, index) => index);
  const drawn = await decodedImages(await openSource("sample:flowers"), colour, wanted);
  const pixels = Uint8Array.from(drawn.flatMap((image) => (typeof image === "string" ? [] : [...image])));
  flowers = pixels.subarray(0, count * imageBytesOf(colour));
  others = pixels.subarray(count * imageBytesOf(colour));
  embedding = await openRandomEmbedding(colour);
}, 60_000);
afterAll(() => embedding.release());

const featuresOf = async (images: Uint8Array): Promise<Float32Array> =>
  (await embedding.extract(images, images.length / imageBytesOf(colour))).features;

/** Squared maximum mean discrepancy of two sets of features under (x . y / dimension + 1)^3, diagonals left out. */
function discrepancy(a: Float32Array, b: Float32Array): number {
  const dimension = embedding.identity.features;
  const rows = (x: Float32Array) => x.length / dimension;
  const between = (x: Float32Array, y: Float32Array): number => {
    let total = 0;
    for (let i = 0; i < rows(x); i++) {
      for (let j = 0; j < rows(y); j++) {
        if (x === y && i === j) continue;
        let product = 0;
        for (let k = 0; k < dimension; k++) product += (x[i * dimension + k] ?? 0) * (y[j * dimension + k] ?? 0);
        total += (product / dimension + 1) ** 3;
      }
    }
    return total / (rows(x) * (x === y ? rows(y) - 1 : rows(y)));
  };
  return between(a, a) + between(b, b) - 2 * between(a, b);
}

/** How far the flowers are from the other flowers after each change. */
async function distances(changes: readonly ((image: Uint8Array) => Uint8Array)[]): Promise<number[]> {
  const reference = await featuresOf(others);
  const measured: number[] = [];
  for (const change of changes) measured.push(discrepancy(reference, await featuresOf(change(flowers))));
  return measured;
}

const clipped = (values: ArrayLike<number>): Uint8Array => Uint8Array.from(Uint8ClampedArray.from(values));

const noisy = (deviation: number) => (images: Uint8Array) => {
  const random = randomStream(1, "noise");
  return clipped(Float64Array.from(images, (value) => value + deviation * random.normal()));
};

/** The mean of each pixel and its neighbours along both axes, `times` times over. */
const blurred = (times: number) => (images: Uint8Array) => {
  let values = Float64Array.from(images);
  const { height, width } = colour;
  for (let round = 0; round < times; round++) {
    values = values.map((_, index) => {
      const [row, column] = [Math.floor(index / width) % height, index % width];
      let [total, neighbours] = [0, 0];
      for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, height - 1); y++) {
        for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, width - 1); x++) {
          total += values[index + (y - row) * width + x - column] ?? 0;
          neighbours++;
        }
      }
      return total / neighbours;
    });
  }
  return clipped(values);
};

const greyer = (share: number) => (images: Uint8Array) => {
  const area = colour.height * colour.width;
  return clipped(
    Float64Array.from(images, (value, index) => {
      const first = index - (index % (3 * area)) + (index % area);
      const mean = ((images[first] ?? 0) + (images[first + area] ?? 0) + (images[first + 2 * area] ?? 0)) / 3;
      return value + share * (mean - value);
    }),
  );
};

const unchanged = (images: Uint8Array) => images;
const halvesSwapped = (images: Uint8Array) =>
  images.map((_, index) => {
    const column = index % colour.width;
    return images[index - column + ((column + colour.width / 2) % colour.width)] ?? 0;
  });

/** Largest difference of two arrays of the same length. */
function difference(one: Float32Array, other: Float32Array): number {
  expect(one.length).toBe(other.length);
  return one.reduce((most, value, index) => Math.max(most, Math.abs(value - (other[index] ?? Number.NaN))), 0);
}

describe("openRandomEmbedding", () => {
  it("has the same weights for ever: others are another version", () => {
    expect(embedding.identity).toMatchObject({
      kind: "random",
      name: "random embedding 1",
      sha256: "f335169bb23a8fabdd38bf59468141b0875afce028c33c72035fa115ca4aca7f",
      features: 432,
      input: colour,
    });
  });

  it("gives the same features again", async () => {
    const again = await openRandomEmbedding(colour);
    const some = flowers.subarray(0, 4 * imageBytesOf(colour));
    expect((await again.extract(some, 4)).features).toEqual(await featuresOf(some));
    await again.release();
  });

  it("gives an image the same features in any batch", async () => {
    const one = await featuresOf(flowers.subarray(0, imageBytesOf(colour)));
    const all = await featuresOf(flowers);
    expect(difference(one, all.subarray(0, one.length))).toBeLessThan(1e-4);
  });

  it.each<PixelFormat>([
    { height: 28, width: 28, channels: 1 },
    { height: 64, width: 64, channels: 1 },
  ])("takes grey as grey in three channels: $height x $width", async (format) => {
    const random = randomStream(2, "grey");
    const plane = Uint8Array.from({ length: imageBytesOf(format) }, () => random.integer(256));
    const grey = await openRandomEmbedding(format);
    const repeated = await openRandomEmbedding({ ...format, channels: 3 });
    const { features } = await grey.extract(plane, 1);
    const same = await repeated.extract(Uint8Array.from([...plane, ...plane, ...plane]), 1);
    expect(features).toHaveLength(grey.identity.features);
    expect(difference(features, same.features)).toBeLessThan(1e-4);
    await grey.release();
    await repeated.release();
  });

  it("takes images that are not square, in numbers that neither vanish nor explode", async () => {
    const format = { height: 96, width: 64, channels: 3 } as const;
    const oblong = await openRandomEmbedding(format);
    const random = randomStream(3, "images");
    const noise = Uint8Array.from({ length: imageBytesOf(format) }, () => random.integer(256));
    for (const images of [noise, noise.map(() => 0), noise.map(() => 255)]) {
      const { features } = await oblong.extract(images, 1);
      const meanSquare = features.reduce((total, value) => total + value * value, 0) / features.length;
      expect(meanSquare).toBeGreaterThan(0.01);
      expect(meanSquare).toBeLessThan(100);
    }
    await oblong.release();
  });

  it.each([
    ["noise", [5, 12, 25, 50].map(noisy)],
    ["blur", [1, 2, 4].map(blurred)],
    ["paleness", [0.3, 0.6, 1].map(greyer)],
  ] as const)("finds images farther away the more %s they have", async (_, changes) => {
    const measured = await distances([unchanged, ...changes]);
    expect(measured).toEqual(measured.toSorted((one, other) => one - other));
    // Flowers and other flowers differ by chance alone.
    expect(measured.at(-1)).toBeGreaterThan(10 * Math.abs(measured[0] ?? 0));
  });

  it("sees where things are", async () => {
    const [same = 0, swapped = 0] = await distances([unchanged, halvesSwapped]);
    expect(swapped).toBeGreaterThan(10 * Math.abs(same));
  });
});
