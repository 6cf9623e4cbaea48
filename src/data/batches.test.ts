import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { BalancedOrder, BatchOrder, fillBatch, rowsByLabel } from "./batches.ts";
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
    expect(() => new BatchOrder(new Uint32Array(), 8, 1)).toThrow("no images");
  });

  test("is the one that earlier versions made", () => {
    expect([...batchIndices(10, 6, 0, 1)]).toEqual([...randomStream(1, "order", 0).permutation(10).subarray(0, 6)]);
  });
});

const labels = fc
  .array(fc.integer({ min: -1, max: 4 }), { minLength: 1, maxLength: 40 })
  .map((all) => Int32Array.from(all));

describe("separate streams of labelled and unlabelled images", () => {
  test("each image belongs to one of them", () => {
    fc.assert(
      fc.property(labels, (all) => {
        const { labelled, unlabelled } = rowsByLabel({ labels: all });
        expect([...labelled].every((row) => (all[row] ?? -1) >= 0)).toBe(true);
        expect([...labelled, ...unlabelled].sort((a, b) => a - b)).toEqual([...all.keys()]);
      }),
    );
  });

  test("every epoch shows each image of the subset once, in batches larger than the subset too", () => {
    const subset = fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 12 }).map((rows) => Uint32Array.from(rows));
    fc.assert(
      fc.property(subset, sizes.batch, sizes.seed, (images, batch, seed) => {
        const steps = Math.ceil((4 * images.length) / batch);
        const order = new BatchOrder(images, batch, seed, "labelled");
        const seen = Array.from({ length: steps }, (_, step) => [...order.indices(step)]).flat();
        for (let epoch = 0; epoch < 4; epoch++) {
          const shown = seen.slice(epoch * images.length, (epoch + 1) * images.length);
          expect(shown.sort((a, b) => a - b)).toEqual([...images].sort((a, b) => a - b));
        }
        for (const step of [steps + 3, 1])
          expect(new BatchOrder(images, batch, seed, "labelled").indices(step)).toEqual(order.indices(step));
      }),
    );
  });

  test("streams of one seed have nothing to do with each other", () => {
    const of = (stream?: string): number[] => [...new BatchOrder(200, 200, 1, stream).indices(0)];
    const orders = [of(), of("labelled"), of("unlabelled")];
    for (const [one, order] of orders.entries()) {
      for (const other of orders.slice(one + 1)) {
        // One place in 200 is the same by chance, on average.
        expect(order.filter((image, at) => image === other[at]).length).toBeLessThan(8);
      }
    }
    expect(of("labelled")).toEqual(orders[1]);
  });
});

describe("the balanced order", () => {
  test("classes take turns; within a class every image comes once before any comes again", () => {
    fc.assert(
      fc.property(labels, sizes.batch, sizes.seed, fc.nat(50), (all, batch, seed, step) => {
        const { labelled } = rowsByLabel({ labels: all });
        fc.pre(labelled.length > 0);
        const order = new BalancedOrder({ labels: all }, batch, seed);
        const classes = [...new Set(labelled.map((row) => all[row] ?? -1))].sort((a, b) => a - b);
        const seen = Array.from({ length: 5 }, (_, each) => [...order.indices(each)]).flat();
        expect(seen.map((image) => all[image])).toEqual(seen.map((_, at) => classes[at % classes.length]));
        for (const label of classes) {
          const ofClass = seen.filter((image) => all[image] === label);
          const size = all.filter((each) => each === label).length;
          const firstEpoch = ofClass.slice(0, size);
          expect(new Set(firstEpoch).size).toBe(firstEpoch.length);
        }
        expect(new BalancedOrder({ labels: all }, batch, seed).indices(step)).toEqual(order.indices(step));
      }),
    );
  });

  test("without a label there is no order", () => {
    expect(() => new BalancedOrder({ labels: Int32Array.of(-1, -1) }, 8, 1)).toThrow("no labelled images");
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
