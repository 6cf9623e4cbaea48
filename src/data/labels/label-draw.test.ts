import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ImageRecord } from "../image-source.ts";
import { drawLabels, hideLabels, type LabelDraw, shortClassesIn } from "./label-draw.ts";
import { labelsCsv, parseLabelTable } from "./label-table.ts";

const recordsOf = (labels: readonly (string | null)[]): readonly ImageRecord[] =>
  labels.map((label, index) => ({ name: `${index}.png`, label, split: null }));
const all = (records: readonly ImageRecord[]): number[] => [...records.keys()];
const someLabels = fc.array(fc.constantFrom("a", "b", "c", "10", null), { maxLength: 60 });
const options = { numRuns: 100, seed: 4 } as const;
const keptOf = ({ kept }: LabelDraw, records: readonly ImageRecord[], name: string): number[] =>
  [...kept].filter((index) => records[index]?.label === name);

describe("a draw of labels", () => {
  test("keeps so many of each class, or all where there are fewer", () => {
    const records = recordsOf(["b", "a", "b", null, "b", "10", "b", "9", "9", "a"]);
    const draw = drawLabels(records, all(records), 2, 1);
    expect(draw.classes).toEqual([
      { name: "9", available: 2, kept: 2 },
      { name: "10", available: 1, kept: 1 },
      { name: "a", available: 2, kept: 2 },
      { name: "b", available: 4, kept: 2 },
    ]);
    expect([draw.perClass, draw.kept.size]).toEqual([2, 7]);
    expect(shortClassesIn(draw)).toEqual([
      "class 10 keeps 1 of the 2 labels that were asked for: it has no more to learn from",
    ]);
  });

  test("chooses among the given images only", () => {
    const records = recordsOf(["a", "a", "a", "a"]);
    expect(drawLabels(records, [1, 3], 3, 1).kept).toEqual(new Set([1, 3]));
  });

  test("is decided by the seed, and every image has its chance", () => {
    const records = recordsOf(Array.from({ length: 10 }, () => "a"));
    const draw = (seed: number): number[] => [...drawLabels(records, all(records), 3, seed).kept];
    expect(draw(7)).toEqual(draw(7));
    const counts = Array.from({ length: 10 }, () => 0);
    for (let seed = 0; seed < 1000; seed++) for (const index of draw(seed)) counts[index] = (counts[index] ?? 0) + 1;
    // Binomial(1000, 0.3) has a standard deviation of 14.5.
    for (const count of counts) expect(Math.abs(count - 300)).toBeLessThan(75);
  });

  test("of fewer labels is part of one of more", () => {
    fc.assert(
      fc.property(someLabels, fc.nat(10), fc.nat(), (labels, perClass, seed) => {
        const records = recordsOf(labels);
        const [few, more] = [perClass, perClass + 1].map(
          (count) => drawLabels(records, all(records), count, seed).kept,
        );
        expect([...(few ?? [])].every((index) => more?.has(index))).toBe(true);
      }),
      options,
    );
  });

  test("of one class does not depend on the others", () => {
    fc.assert(
      fc.property(someLabels, fc.nat(), (labels, seed) => {
        const records = recordsOf(labels);
        const others = recordsOf(labels.map((label) => (label === "a" ? "a" : label === "b" ? null : "d")));
        const [one, other] = [records, others].map((each) => drawLabels(each, all(each), 2, seed));
        expect(one && keptOf(one, records, "a")).toEqual(other && keptOf(other, others, "a"));
      }),
      options,
    );
  });

  test("keeps its images when others are added, unless these come before them", () => {
    const records = recordsOf(Array.from({ length: 40 }, () => "a"));
    const before = drawLabels(records.slice(0, 30), all(records.slice(0, 30)), 5, 2).kept;
    const after = drawLabels(records, all(records), 5, 2).kept;
    expect([...after].filter((index) => index < 30).every((index) => before.has(index))).toBe(true);
  });
});

describe("hidden labels", () => {
  test("are gone from the images that train, and stay with the others", () => {
    const records = recordsOf(["a", "a", "b", null]);
    expect(hideLabels(records, [0, 1, 3], { kept: new Set([1]) }).map(({ label }) => label)).toEqual([
      null,
      "a",
      "b",
      null,
    ]);
  });

  test("may be any other: what training sees is the same", () => {
    fc.assert(
      fc.property(
        someLabels,
        fc.nat(),
        fc.infiniteStream(fc.constantFrom("a", "b", "z", null)),
        (labels, seed, other) => {
          const records = recordsOf(labels);
          const rows = all(records).filter((row) => row % 5 !== 0);
          const draw = drawLabels(records, rows, 2, seed);
          const hidden = new Set(rows.filter((row) => !draw.kept.has(row)));
          const changed = records.map((record, row) =>
            hidden.has(row) ? { ...record, label: other.next().value } : record,
          );
          expect(hideLabels(changed, rows, draw)).toEqual(hideLabels(records, rows, draw));
        },
      ),
      options,
    );
  });
});

describe("labels as CSV", () => {
  test("are one line an image", () => {
    expect(labelsCsv([...recordsOf(["a", null]), { name: 'b,"c".png', label: " d" }])).toBe(
      'file,label\n0.png,a\n1.png,\n"b,""c"".png"," d"\n',
    );
  });

  test("are read back as they were, whatever the names are", () => {
    const odd = fc
      .array(fc.constantFrom(..."ab/,;\"'\n\r\t \\é猫=\u00a0\ufeff".split(""), "🐈", "e\u0301", "file"), {
        minLength: 1,
      })
      .map((pieces) => pieces.join(""));
    const name = fc.oneof(odd, fc.string({ unit: "binary", minLength: 1 })).filter((text) => text.trim() !== "");
    fc.assert(
      fc.property(fc.array(fc.record({ name, label: fc.option(name) }), { maxLength: 8 }), (records) => {
        const { rows } = parseLabelTable(Buffer.from(labelsCsv(records)), "labels.csv");
        expect(rows.map(({ file, label }) => ({ name: file, label }))).toEqual(records);
      }),
      { numRuns: 200, seed: 4 },
    );
  });
});
