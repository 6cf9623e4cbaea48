import { describe, expect, it } from "vitest";
import { normalDistribution, normalQuantile } from "./normal.ts";

// Values of scipy.stats.norm.
const golden = [
  [1e-6, -4.753424308822899],
  [0.001, -3.090232306167813],
  [0.3, -0.5244005127080409],
  [0.5, 0],
  [0.975, 1.959963984540054],
  [0.9999, 3.719016485455709],
] as const;

describe("the normal distribution", () => {
  it.each(golden)("has its %s-quantile at %s", (share, quantile) => {
    expect(normalQuantile(share)).toBeCloseTo(quantile, 8);
    expect(normalDistribution(quantile)).toBeCloseTo(share, 12);
  });
});
