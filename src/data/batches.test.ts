import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BatchOrder, fillBatch } from "./batches.ts";
import type { Split } from "./dataset.ts";

/** The indices of one step, from an order that has made no other. */
function batchIndices(count: number, batch: number, step: number, seed: number): Uint32Array {
  return new BatchOrder(count, batch, seed).indices(step);
}

const sizes = { count: fc.integer({ min: 1, max: 40 }), batch: fc.integer({ min: 1, max: 90 }), seed: fc.nat() };

describe("the order of training images", () => {
  test("every epoch shows each image once", () => {
    fc.assert(
      fc.property(sizes.count, sizes.batch, sizes.seed, (count, batch, seed) => {
        const steps = Math.ceil((3 * count) / batch);
        const seen = Array.from({ length: steps }, (_, step) => [...batchIndices(count, batch, step, seed)]).flat();
        const all = Array.from({ length: count }, (_, index) => index);
        for (let epoch = 0; epoch < 3; epoch++) {
          const shown = seen.slice(epoch * count, (epoch + 1) * count);
          expect(shown.sort((a, b) => a - b)).toEqual(all);
        }
      }),
    );
  });

  test("a step's images are the same whether or not other steps came before", () => {
    fc.assert(
      fc.property(sizes.count, sizes.batch, sizes.seed, fc.array(fc.nat(200)), (count, batch, seed, steps) => {
        const order = new BatchOrder(count, batch, seed);
        for (const step of steps) expect(order.indices(step)).toEqual(batchIndices(count, batch, step, seed));
      }),
    );
  });

  test("epochs and seeds differ in their order", () => {
    const first = [...batchIndices(100, 100, 0, 1)];
    expect([...batchIndices(100, 100, 1, 1)]).not.toEqual(first);
    expect([...batchIndices(100, 100, 0, 2)]).not.toEqual(first);
  });

  test("an empty split is refused", () => {
    expect(() => new BatchOrder(0, 8, 1)).toThrow("no images");
  });
});

describe("fillBatch", () => {
  const split: Split = {
    count: 4,
    imageBytes: 3,
    labels: new Int32Array(4),
    names: ["a", "b", "c", "d"],
    copyImage: (index, target, offset) => target.fill(10 * index, offset, offset + 3),
  };

  test("lays the images one after the other", () => {
    const target = new Uint8Array(6);
    fillBatch(split, Uint32Array.of(3, 1), target);
    expect([...target]).toEqual([30, 30, 30, 10, 10, 10]);
  });

  test("refuses a target of another size", () => {
    expect(() => fillBatch(split, Uint32Array.of(0), new Uint8Array(4))).toThrow(
      "expected a target of 3 bytes, received 4",
    );
  });
});
