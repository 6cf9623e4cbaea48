import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ImageRecord, SplitName } from "./image-source.ts";
import { classNamesOf } from "./labels/class-names.ts";
import { splitRows } from "./split-rows.ts";

const recordsWith = (splits: readonly (SplitName | null)[]): ImageRecord[] =>
  splits.map((split, index) => ({ name: `${index}.png`, label: null, split }));

test("class names are sorted, numbers by value, without repetition and without the missing label", () => {
  expect(classNamesOf(["10", null, "2", "10", "1"])).toEqual(["1", "2", "10"]);
  expect(classNamesOf(["tulip", "daisy", null, "tulip"])).toEqual(["daisy", "tulip"]);
});

describe("held-out images", () => {
  test("train and test that the source names are kept apart", () => {
    const records = recordsWith(["test", "train", null, "test", "train"]);
    expect(splitRows(records, [0, 1, 2, 4], 7, 0.1)).toEqual({ train: [1, 2, 4], heldOut: [0] });
  });

  test("test images never train where there are others, not even when these are all broken", () => {
    expect(splitRows(recordsWith([null, "test", null]), [0, 1, 2], 7, 0.1)).toEqual({ train: [0, 2], heldOut: [1] });
    expect(splitRows(recordsWith(["train", "test", "test"]), [1, 2], 7, 0.1)).toEqual({ train: [], heldOut: [1, 2] });
  });

  test("a source of nothing but test images is split by the seed like any other", () => {
    const records = recordsWith(Array.from({ length: 40 }, () => "test" as const));
    const { train, heldOut } = splitRows(records, [...records.keys()], 7, 0.1);
    expect([train.length, heldOut.length]).toEqual([36, 4]);
  });

  test("every readable image is in exactly one part, and the seed decides which", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.nat(),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (count, seed, fraction) => {
          const readable = Array.from({ length: count }, (_, index) => 2 * index);
          const records = recordsWith(Array.from({ length: 2 * count }, () => null));
          const { train, heldOut } = splitRows(records, readable, seed, fraction);
          expect([...train, ...heldOut].sort((a, b) => a - b)).toEqual(readable);
          expect(train.length).toBeGreaterThan(0);
          if (fraction > 0 && count >= 10) expect(heldOut.length).toBeGreaterThan(0);
          expect(splitRows(records, readable, seed, fraction)).toEqual({ train, heldOut });
        },
      ),
    );
  });

  test("another seed holds out other images", () => {
    const records = recordsWith(Array.from({ length: 100 }, () => null));
    const readable = [...records.keys()];
    expect(splitRows(records, readable, 1, 0.1).heldOut).not.toEqual(splitRows(records, readable, 2, 0.1).heldOut);
  });
});
