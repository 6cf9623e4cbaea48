import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { constant, evaluate, gradient, input, sum } from "../graph/index.ts";
import { Session } from "../runtime/index.ts";
import { type LikelihoodName, likelihoodNames, likelihoods } from "./index.ts";

const STEP = 2 / 255;
const levels = Float64Array.from({ length: 256 }, (_, level) => level * STEP - 1);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const total = (values: Iterable<number>) => [...values].reduce((all, value) => all + value, 0);

/** log p of pictures of one pixel under the same numbers of a decoder. */
function logProbabilities(name: LikelihoodName, decoded: readonly number[], pixels: Float64Array): Float64Array {
  const repeated = Float64Array.from({ length: pixels.length * decoded.length }, (_, index) => {
    return decoded[index % decoded.length] ?? Number.NaN;
  });
  const count = pixels.length;
  const { logProbability } = likelihoods[name];
  const result = logProbability(constant(repeated, [count, decoded.length, 1, 1]), constant(pixels, [count, 1, 1, 1]));
  return evaluate([result])[0]?.data ?? new Float64Array();
}

describe("the logistic likelihood", () => {
  it.each([
    [0, 0],
    [0.3, -3],
    [-1, -4.5],
    [1.2, -2],
    [-0.999, -40],
    [0.1, 5],
    [30, 1],
  ])("shares out a probability of 1 over the 256 levels (mean %f, logarithm of the scale %f)", (centre, spread) => {
    const logs = logProbabilities("logistic", [centre, spread], levels);
    expect(total(logs.map(Math.exp))).toBeCloseTo(1, 9);
  });

  it("is the mass between the middles to the neighbouring levels", () => {
    const [centre, spread] = [0.2, -2.5];
    const bound = -7;
    const scale = Math.exp(bound + Math.log1p(Math.exp(spread - bound)));
    const below = (x: number) => sigmoid((x - centre) / scale);
    const logs = logProbabilities("logistic", [centre, spread], levels);
    levels.forEach((level, index) => {
      const lower = index === 0 ? 0 : below(level - STEP / 2);
      const upper = index === 255 ? 1 : below(level + STEP / 2);
      expect(Math.exp(logs[index] ?? 0)).toBeCloseTo(upper - lower, 12);
    });
  });
});

describe("the Gaussian likelihood", () => {
  it.each([
    [0, -3],
    [0.3, -50],
    [-0.2, -4],
  ])("has probabilities of levels with a sum of 1 (mean %f, logarithm of sigma %f)", (centre, spread) => {
    const logs = logProbabilities("gaussian", [centre, spread], levels);
    expect(total(logs.map(Math.exp))).toBeCloseTo(1, 7);
  });

  it("loses what lies beyond the levels, and never has more than 1", () => {
    for (const [centre, spread] of [
      [-1, -50],
      [1, -2],
      [0.004, -50],
      [0, 0],
    ] as const) {
      expect(total(logProbabilities("gaussian", [centre, spread], levels).map(Math.exp))).toBeLessThan(1 + 1e-8);
    }
  });

  it("is the density of grey levels 0…255, with one sigma for a channel", () => {
    const random = randomStream(2, "picture");
    const [centres, spreads, pixels] = [random.normals(8), random.normals(8), random.normals(8)];
    // Two pictures of two channels of two pixels.
    const decoded = [0, 1].flatMap((picture) => [
      ...centres.subarray(4 * picture, 4 * picture + 4),
      ...spreads.subarray(4 * picture, 4 * picture + 4),
    ]);
    const found = evaluate([
      likelihoods.gaussian.logProbability(
        constant(Float64Array.from(decoded), [2, 4, 1, 2]),
        constant(pixels, [2, 2, 1, 2]),
      ),
    ])[0]?.data;
    const bound = Math.log(STEP);
    for (const picture of [0, 1]) {
      let expected = 0;
      for (let pixel = 0; pixel < 4; pixel++) {
        const index = 4 * picture + pixel;
        const channel = 4 * picture + (pixel < 2 ? 0 : 2);
        const spread = ((spreads[channel] ?? 0) + (spreads[channel + 1] ?? 0)) / 2;
        const sigmaInLevels = (255 / 2) * (Math.exp(spread) + Math.exp(bound));
        const off = ((255 / 2) * ((pixels[index] ?? 0) - (centres[index] ?? 0))) / sigmaInLevels;
        expected -= off ** 2 / 2 + Math.log(sigmaInLevels) + Math.log(2 * Math.PI) / 2;
      }
      expect(found?.[picture]).toBeCloseTo(expected, 9);
    }
  });
});

describe("the Bernoulli likelihood", () => {
  it("is the logarithm of the probability of black and white pixels", () => {
    for (const logit of [-3, 0, 0.7]) {
      const [black, white] = logProbabilities("bernoulli", [logit], Float64Array.of(-1, 1));
      expect(Math.exp(white ?? 0)).toBeCloseTo(sigmoid(logit), 12);
      expect(Math.exp(black ?? 0)).toBeCloseTo(1 - sigmoid(logit), 12);
    }
  });

  it("is for a grey pixel the mean over pixels that are drawn with its brightness as probability", () => {
    const [black = 0, white = 0, grey] = logProbabilities("bernoulli", [1.3], Float64Array.of(-1, 1, 2 * 0.2 - 1));
    expect(grey).toBeCloseTo(0.2 * white + 0.8 * black, 12);
  });
});

describe.each(likelihoodNames)("the %s likelihood", (name) => {
  const { outputs, logProbability, mean } = likelihoods[name];
  const count = 64;
  const decoded = input("decoded", [count, outputs, 1, 1]);
  const images = input("images", [count, 1, 1, 1]);
  const logs = logProbability(decoded, images);
  const slopes = gradient(sum(logs), decoded);
  const extremes = [-300, -20, -7, -3, -1, -0.5, 0, 0.3];
  const feeds = {
    decoded: Float32Array.from({ length: count * outputs }, (_, index) => {
      if (outputs === 1) return extremes[index % 8] ?? 0;
      return index % 2 === 0 ? ((index / 2) % 8) / 4 - 1 : (extremes[Math.floor(index / 16)] ?? 0);
    }),
    images: Float32Array.from({ length: count }, (_, index) => levels[(index * 37) % 256] ?? 0),
  };

  it("is computed in float32 as in float64, and so are its slopes, far from the mean and at the smallest spread", async () => {
    const session = await Session.compile({ logs, slopes }, { device: "cpu" });
    const found = await session.run(feeds);
    await session.release();
    const expected = evaluate([logs, slopes], feeds);
    [found.get("logs"), found.get("slopes")].forEach((held, which) => {
      const right = expected[which]?.data ?? new Float64Array();
      const largest = right.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(held?.floats().length).toBe(right.length);
      held?.floats().forEach((value, index) => {
        const exact = right[index] ?? Number.NaN;
        const error = Math.abs(value - exact);
        expect(error, `${which} ${index}: ${exact}`).toBeLessThan(1e-4 * (1 + Math.abs(exact)) + 1e-6 * largest);
      });
    });
  });

  it("expects a picture in [-1, 1]", () => {
    const picture = evaluate(
      [mean(input("decoded", ["batch", outputs * 3, 2, 2]))],
      {
        decoded: randomStream(1, "decoded")
          .normals(outputs * 12 * 5)
          .map((value) => 10 * value),
      },
      5,
    )[0];
    expect(picture?.shape).toEqual([5, 3, 2, 2]);
    expect(picture?.data.every((value) => Math.abs(value) <= 1)).toBe(true);
  });
});
