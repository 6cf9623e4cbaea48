import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { constant, evaluate, gradient, input, matmul, multiply, reshape, type Tensor, tanh } from "../graph/index.ts";
import { structuralSimilarity } from "../metrics/index.ts";
import {
  bernoulliCrossEntropy,
  featureDistance,
  meanAbsoluteError,
  meanSquaredError,
  structuralDissimilarity,
} from "./index.ts";

const format = { channels: 3, height: 13, width: 15 } as const;
const shape = [3, format.channels, format.height, format.width] as const;
const count = shape.reduce((all, size) => all * size, 1);
const [made, images] = [input("made", shape), input("images", shape)];

/** Bytes, and their values in [-1, 1]. */
function drawn(name: string) {
  const random = randomStream(4, name);
  const bytes = Uint8Array.from({ length: count }, () => random.integer(256));
  return { bytes, values: Float64Array.from(bytes, (byte) => (2 * byte) / 255 - 1) };
}
const [one, other] = [drawn("one"), drawn("other")];
const feeds = { made: one.values, images: other.values };

const valueOf = (loss: Tensor, given: Readonly<Record<string, Float64Array>> = feeds): number =>
  evaluate([loss], given)[0]?.data[0] ?? Number.NaN;

/** The mean of a term over the pixels of the two batches. */
const meanOf = (term: (made: number, image: number) => number): number =>
  one.values.reduce((total, value, index) => total + term(value, other.values[index] ?? Number.NaN), 0) / count;

/** Compares slopes along a direction with a central difference. */
function expectSlopes(loss: Tensor): void {
  const direction = randomStream(6, "direction").normals(count);
  const at = (distance: number) =>
    valueOf(loss, { ...feeds, made: one.values.map((value, index) => value + distance * (direction[index] ?? 0)) });
  const slopes = evaluate([gradient(loss, made)], feeds)[0]?.data ?? new Float64Array();
  const analytic = slopes.reduce((total, slope, index) => total + slope * (direction[index] ?? 0), 0);
  expect(analytic / ((at(1e-5) - at(-1e-5)) / 2e-5)).toBeCloseTo(1, 5);
}

describe("losses by pixel", () => {
  it("are the mean squared and the mean absolute difference", () => {
    expect(valueOf(meanSquaredError(made, images))).toBeCloseTo(
      meanOf((x, y) => (x - y) ** 2),
      12,
    );
    expect(valueOf(meanAbsoluteError(made, images))).toBeCloseTo(
      meanOf((x, y) => Math.abs(x - y)),
      12,
    );
  });

  it("are the cross-entropy of brightness as a probability, in nats a pixel", () => {
    const expected = meanOf((logit, image) => {
      const [share, probability] = [(image + 1) / 2, 1 / (1 + Math.exp(-logit))];
      return -share * Math.log(probability) - (1 - share) * Math.log(1 - probability);
    });
    expect(valueOf(bernoulliCrossEntropy(made, images))).toBeCloseTo(expected, 12);
    expect(valueOf(bernoulliCrossEntropy(multiply(made, 0), images))).toBeCloseTo(Math.LN2, 12);
  });
});

describe("the structural dissimilarity", () => {
  it("is one less the structural similarity of the scores", () => {
    const similarities = structuralSimilarity(one.bytes, other.bytes, format);
    const expected = 1 - similarities.reduce((total, similarity) => total + similarity, 0) / similarities.length;
    expect(valueOf(structuralDissimilarity(made, images))).toBeCloseTo(expected, 10);
  });

  it("is 0 for equal pictures, and has the slopes of its values", () => {
    expect(valueOf(structuralDissimilarity(images, images))).toBeCloseTo(0, 12);
    expectSlopes(structuralDissimilarity(made, images));
  });

  it("refuses pictures that are smaller than its window", () => {
    const small = input("small", [2, 1, 10, 16]);
    expect(() => structuralDissimilarity(small, small)).toThrow("at least 11x11 pixels");
  });
});

describe("the distance of features", () => {
  const pixels = format.channels * format.height * format.width;
  const weights = Float64Array.from(randomStream(1, "weights").normals(pixels * 3));
  const linear = (pictures: Tensor) => matmul(reshape(pictures, [3, pixels]), constant(weights, [pixels, 3]));
  const layers = (pictures: Tensor) => [linear(pictures), tanh(linear(pictures))];

  it("is the mean over layers of squared differences, as shares of the squares of the images' features", () => {
    const featuresOf = (values: Float64Array) =>
      Array.from({ length: 9 }, (_, index) => {
        const [image, feature] = [Math.floor(index / 3), index % 3];
        let total = 0;
        for (let pixel = 0; pixel < pixels; pixel++)
          total += (values[image * pixels + pixel] ?? 0) * (weights[pixel * 3 + feature] ?? 0);
        return total;
      });
    const [seen, wanted] = [featuresOf(one.values), featuresOf(other.values)];
    const share = (change: (x: number) => number) => {
      const squares = wanted.reduce((total, value) => total + change(value) ** 2, 0);
      return seen.reduce((total, value, at) => total + (change(value) - change(wanted[at] ?? 0)) ** 2, 0) / squares;
    };
    const expected = (share((x) => x) + share(Math.tanh)) / 2;
    expect(valueOf(featureDistance(layers, made, images))).toBeCloseTo(expected, 6);
  });

  it("is 0 for equal pictures and has the slopes of its values", () => {
    expect(valueOf(featureDistance(layers, images, images))).toBe(0);
    expectSlopes(featureDistance((pictures) => [linear(pictures)], made, images));
  });
});
