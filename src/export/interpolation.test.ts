import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { interpolated, interpolationPath } from "./interpolation.ts";
import { combined, parseTerms } from "./latent-arithmetic.ts";

const norm = (vector: Float32Array) => Math.hypot(...vector);
const angle = (one: Float32Array, other: Float32Array) =>
  Math.acos(one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0) / norm(one) / norm(other));
const row = (path: Float32Array, index: number, size: number) => path.subarray(index * size, (index + 1) * size);

describe("interpolation", () => {
  it("goes along the arc: cos and sin between two axes", () => {
    const [x, y] = [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)];
    for (const share of [0, 0.25, 0.5, 1]) {
      const [a = 9, b = 9, c = 9] = interpolated("spherical", x, y, share);
      expect(a).toBeCloseTo(Math.cos((share * Math.PI) / 2), 6);
      expect(b).toBeCloseTo(Math.sin((share * Math.PI) / 2), 6);
      expect(c).toBe(0);
    }
    expect([...interpolated("linear", x, y, 0.25)]).toEqual([0.75, 0.25, 0]);
  });

  it("spherical: ends at both vectors, angles and lengths in equal steps, whatever the lengths", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 2, max: 40 }), (seed, size) => {
        const [from, to] = [randomStream(seed, "from").normals(size), randomStream(seed, "to").normals(size)];
        const path = interpolationPath(Float32Array.of(...from, ...to), size, { between: 4 });
        expect(path.length).toBe(6 * size);
        expect(row(path, 0, size)).toEqual(from);
        expect(row(path, 5, size)).toEqual(to);
        for (let step = 1; step <= 5; step++) {
          expect(angle(row(path, step - 1, size), row(path, step, size))).toBeCloseTo(angle(from, to) / 5, 2);
          expect(norm(row(path, step, size))).toBeCloseTo(norm(from) + (step / 5) * (norm(to) - norm(from)), 4);
        }
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it("is linear where there is no arc: parallel, opposite and zero vectors", () => {
    const vector = Float32Array.of(1, 2, 2);
    for (const factor of [1, 3, -2, 0]) {
      const other = vector.map((value) => value * factor);
      expect(interpolated("spherical", vector, other, 0.5)).toEqual(interpolated("linear", vector, other, 0.5));
    }
  });

  it("closes a loop: after the last step comes the first vector", () => {
    const keyframes = randomStream(1, "keyframes").normals(3 * 5);
    const path = interpolationPath(keyframes, 5, { between: 3, closed: true });
    expect(path.length).toBe(3 * 4 * 5);
    for (const keyframe of [0, 1, 2]) expect(row(path, keyframe * 4, 5)).toEqual(row(keyframes, keyframe, 5));
    const last = row(path, 11, 5);
    expect(angle(last, row(path, 0, 5))).toBeCloseTo(angle(row(path, 8, 5), row(path, 0, 5)) / 4, 5);
  });
});

describe("latent arithmetic", () => {
  const vectorOf = (picture: number) => Float32Array.from({ length: 4 }, (_, index) => (index === picture ? 2 : 0));

  it("reads sums of pictures and of averages", () => {
    expect(parseTerms(" 12 - 7+3 ")).toEqual([
      { sign: 1, pictures: [12] },
      { sign: -1, pictures: [7] },
      { sign: 1, pictures: [3] },
    ]);
    expect(parseTerms("-1,2, 3 - 4")).toEqual([
      { sign: -1, pictures: [1, 2, 3] },
      { sign: -1, pictures: [4] },
    ]);
    for (const text of ["", "a", "1 2", "1 -", "1.5", "1 - - 2", "1,,2", "99999999999999999999"]) {
      expect(() => parseTerms(text), text).toThrow('write it like "12 - 7 + 3"');
    }
  });

  it("adds averages, and gives the sum the usual length", () => {
    const { averages, result } = combined(parseTerms("0,1 - 2 + 3,3"), vectorOf);
    // By hand: (1, 1, 0, 0) - (0, 0, 2, 0) + (0, 0, 0, 2) has length √10, and all vectors have length 2.
    const scale = 2 / Math.sqrt(10);
    [scale, scale, -2 * scale, 2 * scale].forEach((value, index) => expect(result[index]).toBeCloseTo(value, 6));
    [Math.SQRT2, Math.SQRT2, 0, 0].forEach((value, index) => expect(averages[0]?.[index]).toBeCloseTo(value, 6));
    expect(averages[2]).toEqual(vectorOf(3));
    expect(() => combined(parseTerms("1 - 1"), vectorOf)).toThrow("a sum of zero");
  });
});
