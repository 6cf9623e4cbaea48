import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ScheduleOptions, scheduleOf, scheduleShapes } from "./index.ts";

const factors = (options: ScheduleOptions, steps: number) =>
  Array.from({ length: steps }, (_, step) => scheduleOf(options, steps)(step));

describe("schedules", () => {
  it.each([
    ["constant", { shape: "constant", warmup: 0 }, [1, 1, 1, 1, 1, 1, 1, 1]],
    ["linear", { shape: "linear", warmup: 0 }, [1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]],
    [
      "cosine",
      { shape: "cosine", warmup: 0 },
      [0, 1, 2, 3, 4, 5, 6, 7].map((step) => Math.cos((Math.PI * step) / 16) ** 2),
    ],
    ["step", { shape: "step", warmup: 0, factor: 0.1, every: 3 }, [1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01]],
    ["warm-up", { shape: "constant", warmup: 4 }, [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]],
    ["warm-up before linear", { shape: "linear", warmup: 4 }, [0.25, 0.5, 0.75, 1, 1, 0.75, 0.5, 0.25]],
    ["warm-up before step", { shape: "step", warmup: 2, factor: 0.5, every: 2 }, [0.5, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]],
  ] as const)("%s: the factor of each of 8 steps", (_, options, expected) => {
    factors(options, 8).forEach((factor, step) => expect(factor).toBeCloseTo(expected[step] ?? Number.NaN, 14));
  });

  const drawn = fc
    .record({
      shape: fc.constantFrom(...scheduleShapes),
      steps: fc.integer({ min: 2, max: 300 }),
      share: fc.double({ min: 0, max: 0.99, noNaN: true }),
      factor: fc.double({ min: 0.01, max: 1, noNaN: true }),
      every: fc.integer({ min: 1, max: 50 }),
    })
    .map(({ steps, share, ...rest }) => ({ steps, options: { ...rest, warmup: Math.floor(share * steps) } }));

  it("stay in (0, 1] over all steps, rise through the warm-up and never after it", () => {
    fc.assert(
      fc.property(drawn, ({ steps, options }) => {
        const all = factors(options, steps);
        for (const factor of all) expect(factor > 0 && factor <= 1).toBe(true);
        all.slice(1).forEach((factor, index) => {
          if (index + 1 < options.warmup) expect(factor).toBeGreaterThan(all[index] ?? Number.NaN);
          else expect(factor).toBeLessThanOrEqual(all[index] ?? Number.NaN);
        });
      }),
      { seed: 2 },
    );
  });

  it("leave the warm-up at the full rate, where the shape begins", () => {
    fc.assert(
      fc.property(drawn, ({ steps, options }) => {
        const schedule = scheduleOf(options, steps);
        expect(schedule(options.warmup)).toBe(1);
        if (options.warmup > 0) {
          expect(schedule(options.warmup - 1)).toBe(1);
          expect(schedule(0)).toBeCloseTo(1 / options.warmup, 14);
        }
      }),
      { seed: 3 },
    );
  });

  it.each(["linear", "cosine"] as const)("%s: reaches 0 at the end and stays there", (shape) => {
    const schedule = scheduleOf({ shape, warmup: 5 }, 20);
    expect([schedule(20), schedule(1000)]).toEqual([0, 0]);
  });
});
