import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { imagesToLabel, type UnlabelledImages } from "./label-choice.ts";

const matrix = (rows: readonly (readonly number[])[]) => ({
  count: rows.length,
  dimension: rows[0]?.length ?? 0,
  values: Float32Array.from(rows.flat()),
});

const imagesOf = (
  rows: readonly { readonly p: readonly number[]; readonly look: readonly number[] }[],
): UnlabelledImages => ({
  probabilities: matrix(rows.map(({ p }) => p)),
  features: matrix(rows.map(({ look }) => look)),
});

/** The gradients of the last layer, written out. */
function gradientsOf(rows: readonly { readonly p: readonly number[]; readonly look: readonly number[] }[]) {
  const mean = rows[0]?.look.map((_, axis) => rows.reduce((sum, { look }) => sum + (look[axis] ?? 0), 0) / rows.length);
  const centred = rows.map(({ look }) => look.map((value, axis) => value - (mean?.[axis] ?? 0)));
  const square = centred.flat().reduce((sum, value) => sum + value ** 2, 0) / rows.length;
  return rows.map(({ p }, row) => {
    const likeliest = p.indexOf(Math.max(...p));
    const h = [1, ...(centred[row] ?? []).map((value) => value / Math.sqrt(square))];
    return p.flatMap((value, index) => h.map((one) => (value - (index === likeliest ? 1 : 0)) * one));
  });
}

const squaredDistance = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, value, index) => sum + (value - (other[index] ?? 0)) ** 2, 0);

const rows = [
  { p: [0.9, 0.05, 0.05], look: [0, 1] },
  { p: [0.4, 0.35, 0.25], look: [2, 1] },
  { p: [0.1, 0.5, 0.4], look: [1, 3] },
  { p: [0.3, 0.3, 0.4], look: [-1, 0] },
  { p: [0.02, 0.08, 0.9], look: [0, -2] },
];

describe("images to label", () => {
  it("are the longest gradient, and then others as often as their squared distances from it and from 0", () => {
    const gradients = gradientsOf(rows);
    const lengths = gradients.map((gradient) =>
      squaredDistance(
        gradient,
        gradient.map(() => 0),
      ),
    );
    const first = lengths.indexOf(Math.max(...lengths));
    const squares = gradients.map((gradient, row) =>
      Math.min(lengths[row] ?? 0, squaredDistance(gradient, gradients[first] ?? [])),
    );
    const total = squares.reduce((sum, square) => sum + square, 0);
    const times = rows.map(() => 0);
    const draws = 4000;
    for (let seed = 0; seed < draws; seed++) {
      const [one, second = -1] = imagesToLabel(imagesOf(rows), { count: 2, seed });
      expect(one).toBe(first);
      times[second] = (times[second] ?? 0) + 1;
    }
    for (const [row, square] of squares.entries()) expect((times[row] ?? 0) / draws).toBeCloseTo(square / total, 1.5);
  });

  it("are uncertain before certain, and no two alike while there are others", () => {
    const certain = Array.from({ length: 50 }, (_, index) => ({ p: [1, 0], look: [index, 0] }));
    const alike = { p: [0.5, 0.5], look: [7, 7] };
    const other = { p: [0.4, 0.6], look: [-9, 3] };
    const chosen = imagesToLabel(imagesOf([...certain, alike, alike, alike, other]), { count: 2, seed: 1 });
    expect(chosen).toContain(53);
    expect(chosen.filter((row) => row >= 50)).toHaveLength(2);
  });

  it("are as many as are asked for or there are, each once, and the same for the same seed", () => {
    const image = fc.record({
      p: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0)).map(([p]) => [p, 1 - p]),
      look: fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })),
    });
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 12 }), fc.nat(15), fc.nat(99), (some, count, seed) => {
        const chosen = imagesToLabel(imagesOf(some), { count, seed });
        expect(new Set(chosen).size).toBe(Math.min(count, some.length));
        expect(imagesToLabel(imagesOf(some), { count, seed })).toEqual(chosen);
      }),
      { seed: 7, numRuns: 50 },
    );
  });
});
