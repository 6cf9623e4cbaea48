import { describe, expect, it } from "vitest";
import type { Split } from "../data/index.ts";
import { JudgedImages, MOST_JUDGED } from "./classifier-error.ts";

const going = new AbortController().signal;

/** Images of one pixel, which is their number; a third has no label, the others are even or odd. */
const split = (count: number): Split => ({
  count,
  imageBytes: 2,
  labels: Int32Array.from({ length: count }, (_, row) => (row % 3 === 0 ? -1 : row % 2)),
  names: Array.from({ length: count }, (_, row) => String(row)),
  copyImage: (row, target, offset) => new DataView(target.buffer).setUint16(offset, row),
});

const numbersOf = (images: Uint8Array) =>
  Array.from({ length: images.length / 2 }, (_, place) => new DataView(images.buffer).getUint16(2 * place));

describe("the error of a classifier in training", () => {
  it("counts the labelled images that are taken for another class", async () => {
    const judged = new JudgedImages({ heldOut: split(300) }, 0);
    const seen: number[] = [];
    const error = await judged.error(async (images) => {
      seen.push(...numbersOf(images));
      // Right but for the images below 30.
      return Int32Array.from(numbersOf(images), (row) => (row < 30 ? 1 - (row % 2) : row % 2));
    }, going);
    expect(error).toEqual({ images: 200, wrong: 20 });
    expect(seen).toEqual(Array.from({ length: 300 }, (_, row) => row).filter((row) => row % 3 !== 0));
  });

  it("is of images all over the set, drawn by the seed, where there are many", async () => {
    const rowsFor = async (seed: number) => {
      const rows: number[] = [];
      const judged = new JudgedImages({ heldOut: split(30_000) }, seed);
      await judged.error(async (images) => {
        rows.push(...numbersOf(images));
        return new Int32Array(images.length / 2);
      }, going);
      return rows;
    };
    const rows = await rowsFor(1);
    expect(new Set(rows).size).toBe(MOST_JUDGED);
    const mean = rows.reduce((sum, row) => sum + row, 0) / rows.length;
    expect(Math.abs(mean - 15_000)).toBeLessThan(1000);
    expect(await rowsFor(1)).toEqual(rows);
    expect(await rowsFor(2)).not.toEqual(rows);
  });

  it("is not known where no image has a label, or when the run is stopped", async () => {
    const right = async (images: Uint8Array) => Int32Array.from(numbersOf(images), (row) => row % 2);
    const unlabelled = { ...split(10), labels: new Int32Array(10).fill(-1) };
    expect(await new JudgedImages({ heldOut: unlabelled }, 0).error(right, going)).toBeUndefined();
    expect(await new JudgedImages({ heldOut: split(10) }, 0).error(right, AbortSignal.abort())).toBeUndefined();
  });
});
