import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageSet, PixelFormat } from "../../data/index.ts";
import { randomStream } from "../../foundation/random.ts";
import { MatrixProducts } from "../../runtime/index.ts";
import { nearestImages } from "./nearest-images.ts";
import { pixelSpace } from "./space.ts";
import { differentImages, placesOf, TrainingImages } from "./training-images.ts";

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open();
});
afterAll(() => products.release());

const format: PixelFormat = { height: 3, width: 4, channels: 1 };
const size = 12;

function setOf(bytes: Uint8Array): ImageSet {
  const read: ImageSet["read"] = async (first, count) => bytes.subarray(first * size, (first + count) * size);
  return { format, count: bytes.length / size, read };
}

function drawn(count: number, name: string): Uint8Array {
  const random = randomStream(1, name);
  return Uint8Array.from({ length: count * size }, () => random.integer(256));
}

const meanOf = (list: ArrayLike<number>) => Array.from(list).reduce((sum, value) => sum + value, 0) / list.length;

/** Distance between two images as numbers 0…1 and equally bright, the second mirrored or not. */
function distance(one: Uint8Array, other: Uint8Array, mirrored: boolean): number {
  const brighter = (meanOf(one) - meanOf(other)) / 255;
  let squares = 0;
  for (let index = 0; index < size; index++) {
    const column = index % format.width;
    const from = mirrored ? index - column + (format.width - 1 - column) : index;
    squares += (((one[index] ?? 0) - (other[from] ?? 0)) / 255 - brighter) ** 2;
  }
  return Math.sqrt(squares);
}

describe("nearestImages", () => {
  it("finds over several blocks what comparing everything with everything finds", async () => {
    const [training, queries] = [drawn(4500, "training"), drawn(12, "queries")];
    const space = pixelSpace(format);
    const all = new TrainingImages(
      setOf(training),
      Int32Array.from({ length: 4500 }, (_, image) => image),
      space,
    );
    const found = await nearestImages(await placesOf(setOf(queries), space), all, 3, { products });
    for (const [query, list] of found.entries()) {
      const image = queries.subarray(query * size, (query + 1) * size);
      const expected = Array.from({ length: 4500 }, (_, number) => {
        const other = training.subarray(number * size, (number + 1) * size);
        const [plain, mirrored] = [distance(image, other, false), distance(image, other, true)];
        return { image: number, mirrored: mirrored < plain, distance: Math.min(plain, mirrored) };
      });
      expected.sort((one, other) => one.distance - other.distance);
      expect(list.map(({ image, mirrored }) => [image, mirrored])).toEqual(
        expected.slice(0, 3).map(({ image, mirrored }) => [image, mirrored]),
      );
      for (const [rank, near] of list.entries()) expect(near.distance).toBeCloseTo(expected[rank]?.distance ?? -1, 5);
    }
  });

  it("gives as many as there are", async () => {
    const space = pixelSpace(format);
    const all = new TrainingImages(setOf(drawn(2, "training")), Int32Array.of(0, 1), space);
    const [list] = await nearestImages(await placesOf(setOf(drawn(1, "queries")), space), all, 5, { products });
    expect(list?.map(({ image }) => image).sort()).toEqual([0, 1]);
  });
});

describe("differentImages", () => {
  it("leaves out repetitions, mirrored ones too, and changes nothing", async () => {
    const bytes = drawn(5, "training");
    bytes.copyWithin(2 * size, 0, size);
    for (let index = 0; index < size; index++) {
      bytes[4 * size + index] = bytes[size + index - (index % 4) + (3 - (index % 4))] ?? 0;
    }
    const before = Uint8Array.from(bytes);
    expect(await differentImages(setOf(bytes))).toEqual(Int32Array.of(0, 1, 3));
    expect(bytes).toEqual(before);
  });
});

describe("pixelSpace", () => {
  it("makes a picture small by means over areas, and equally bright", async () => {
    const pixels = Uint8Array.from({ length: 32 * 32 }, (_, index) => (index * 7) % 256);
    const { dimension, values } = await pixelSpace({ height: 32, width: 32, channels: 1 }).place(pixels, {});
    expect(dimension).toBe(256);
    const area = [2 * 32 + 6, 2 * 32 + 7, 3 * 32 + 6, 3 * 32 + 7].map((index) => pixels[index] ?? 0);
    expect(values[16 + 3]).toBeCloseTo((meanOf(area) - meanOf(pixels)) / 255, 6);
  });

  it("shares pixels between areas where sides do not divide", async () => {
    // Columns of 0 and 255 in turn, 24 on 16: each part covers a whole column and half of its neighbour.
    const striped = Uint8Array.from({ length: 3 * 10 * 24 }, (_, index) => (index % 2) * 255);
    const { dimension, values } = await pixelSpace({ height: 10, width: 24, channels: 3 }).place(striped, {});
    expect(dimension).toBe(3 * 10 * 16);
    const expected = [1 / 3, 1 / 3, 2 / 3, 2 / 3].map((value) => value - 0.5);
    for (const [part, value] of expected.entries()) expect(values[part]).toBeCloseTo(value, 6);
  });
});
