import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, input } from "../../graph/index.ts";
import { Session } from "../../runtime/index.ts";
import { clippedByGlobalNorm } from "../index.ts";

/** Gradients of a kernel, a bias and a scalar, and what `limit` makes of them. */
function clipped(limit: number, first: readonly number[], second: readonly number[], third: number) {
  const given = [input("first", [2, first.length / 2]), input("second", [second.length]), input("third", [])];
  const { gradients, norm } = clippedByGlobalNorm(given, limit);
  const feeds = { first, second, third: [third] };
  const [normValue, ...values] = evaluate([norm, ...gradients], feeds);
  return {
    norm: normValue?.data[0] ?? Number.NaN,
    values: values.flatMap(({ data }) => [...data]),
    outputs: { norm, ...Object.fromEntries(gradients.map((gradient, index) => [`clipped${index}`, gradient])) },
    feeds,
  };
}

const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const normOf = (values: readonly number[]) => Math.hypot(...values);

describe("clippedByGlobalNorm", () => {
  it("scales gradients beyond the limit down to it, keeps their direction, and leaves others as they are", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.array(number, { minLength: 4, maxLength: 4 }),
        fc.array(number, { minLength: 3, maxLength: 3 }),
        number,
        (limit, first, second, third) => {
          const before = [...first, ...second, third];
          const { norm, values } = clipped(limit, first, second, third);
          expect(norm).toBeCloseTo(normOf(before), 8);
          const factor = norm > limit ? limit / norm : 1;
          values.forEach((value, index) => expect(value).toBeCloseTo((before[index] ?? Number.NaN) * factor, 8));
          expect(normOf(values)).toBeLessThanOrEqual(limit * (1 + 1e-12));
        },
      ),
      { seed: 4 },
    );
  });

  it("leaves gradients that are all 0 at 0", () => {
    const { norm, values } = clipped(1, [0, 0], [0], 0);
    expect([norm, ...values]).toEqual([0, 0, 0, 0, 0]);
  });

  it("does not hide a gradient that is no number", () => {
    const { norm, values } = clipped(1, [1, 2], [Number.NaN], 0);
    expect([norm, ...values].every(Number.isNaN)).toBe(true);
  });

  it("is the same in the engine", async () => {
    const { norm, values, outputs, feeds } = clipped(1.5, [3, -4], [12], 0.5);
    const session = await Session.compile(outputs, { device: "cpu" });
    const fed = Object.entries(feeds).map(([name, numbers]) => [name, Float32Array.from(numbers)]);
    const results = await session.run(Object.fromEntries(fed));
    expect(results.get("norm")?.floats()[0]).toBeCloseTo(norm, 5);
    const actual = [0, 1, 2].flatMap((index) => [...(results.get(`clipped${index}`)?.floats() ?? [])]);
    actual.forEach((value, index) => expect(value).toBeCloseTo(values[index] ?? Number.NaN, 6));
    expect(actual.length).toBe(values.length);
    await session.release();
  });
});
