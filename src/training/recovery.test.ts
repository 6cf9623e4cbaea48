import { describe, expect, it } from "vitest";
import { beyondRecovery, Divergence, MOST_RECOVERIES, rateScaleAfter } from "./recovery.ts";

const divergence = new Divergence(12, "generatorLoss", Number.NaN);

describe("a run that cannot be mended", () => {
  it("names rates that are a tenth of its own, and never above the usual ones", () => {
    const helpFor = (generator: number, discriminator: number) =>
      beyondRecovery(divergence, { learningRate: { generator, discriminator } }).details.help;
    const advice = (generator: string, discriminator: string) =>
      `such as --set learningRate.generator=${generator} --set learningRate.discriminator=${discriminator}`;
    expect(helpFor(1e30, 0.0002)).toContain(advice("0.0002", "0.00002"));
    expect(helpFor(0.001, 0.0004)).toContain(advice("0.0001", "0.00004"));
  });

  it("has gone back three times, with half the rates each time", () => {
    expect(rateScaleAfter(MOST_RECOVERIES)).toBe(0.125);
  });
});
