import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { evaluate, gradients, input, sum, type Tensor } from "../../graph/index.ts";
import { crossEntropies, crossEntropy, drawnClasses, filledClasses, likeliest } from "./one-hot.ts";

const logits = input("logits", [3, 4]);
const known = input("known", [3, 4]);
const rows = [
  [1, 2, 0, -1],
  [-3, 0.5, 0.25, 0.4],
  [20, -90, 7, 19.5],
];
const oneHot = (label: number, count = 4) => Array.from({ length: count }, (_, index) => (index === label ? 1 : 0));
const numbers = (values: readonly (readonly number[])[]) => Float64Array.from(values.flat());

function computed(tensors: readonly Tensor[], labels: readonly number[]): number[][] {
  const feeds = { logits: numbers(rows), known: numbers(labels.map((label) => oneHot(label))) };
  return evaluate(tensors, feeds).map(({ data }) => Array.from(data, Number));
}

describe("the cross-entropy", () => {
  const probability = (row: readonly number[], label: number) =>
    Math.exp(row[label] ?? 0) / row.reduce((total, each) => total + Math.exp(each), 0);

  it("is the negative logarithm of the right class's probability, of each image and in the mean", () => {
    const labels = [1, 3, 1];
    const expected = rows.map((row, index) => -Math.log(probability(row, labels[index] ?? 0)));
    const [each, mean] = computed([crossEntropies(logits, known), crossEntropy(logits, known)], labels);
    each?.forEach((value, index) => expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 10));
    expect(mean?.[0]).toBeCloseTo(expected.reduce((total, value) => total + value, 0) / 3, 10);
  });

  it("is 0 for an image without label, which moves nothing", () => {
    const slopes = gradients(sum(crossEntropies(logits, known)), [logits]);
    const [each, slope] = computed([crossEntropies(logits, known), ...slopes], [-1, 2, -1]);
    expect([Math.abs(each?.[0] ?? 1), Math.abs(each?.[2] ?? 1)]).toEqual([0, 0]);
    const [, middle = []] = rows;
    const expected = middle.map((_, index) => probability(middle, index) - (index === 2 ? 1 : 0));
    slope?.forEach((value, index) =>
      expect(value).toBeCloseTo(index >= 4 && index < 8 ? (expected[index - 4] ?? Number.NaN) : 0, 10),
    );
  });
});

describe("the likeliest class", () => {
  it("is that of the largest logit, and no gradient flows to it", () => {
    expect(computed([likeliest(logits)], [0, 0, 0])[0]).toEqual([1, 1, 0].flatMap((label) => oneHot(label)));
    const [slope] = computed(gradients(sum(crossEntropies(known, likeliest(logits))), [logits]), [0, 1, 2]);
    expect(slope?.every((value) => value === 0)).toBe(true);
  });

  it("fills in where no class is known, and there alone", () => {
    const [filled] = computed([filledClasses(known, logits)], [3, -1, -1]);
    expect(filled).toEqual([3, 1, 0].flatMap((label) => oneHot(label)));
    expect(computed([filledClasses(known, logits)], [3, 0, 2])[0]).toEqual([3, 0, 2].flatMap((label) => oneHot(label)));
  });
});

describe("drawn classes", () => {
  /** The classes that draws from [0, 1) stand for. */
  const drawn = (draws: readonly number[], classes: number) => {
    const uniform = (name: string, shape: readonly number[]) => input(name, shape);
    const tensor = drawnClasses({ uniform }, { batch: draws.length, classes });
    const [found] = evaluate([tensor], { class: Float64Array.from(draws) });
    return Array.from({ length: draws.length }, (_, row) =>
      Array.from(found?.data.subarray(row * classes, (row + 1) * classes) ?? [], Number),
    );
  };

  it("are one class each, the one in whose equal share of [0, 1) the draw falls", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(99_999), { minLength: 1, maxLength: 8 }),
        (classes, numbers) => {
          // Never at the bounds of shares, which are rounded.
          const draws = numbers.map((number) => (number + 0.37) / 100_000);
          expect(drawn(draws, classes)).toEqual(draws.map((draw) => oneHot(Math.floor(draw * classes), classes)));
        },
      ),
      { seed: 11, numRuns: 100 },
    );
  });

  it("are each as often as any other", () => {
    const random = randomStream(4, "classes");
    const rows = drawn(
      Array.from({ length: 5000 }, () => random.uniform()),
      5,
    );
    const counts = [0, 1, 2, 3, 4].map((label) => rows.filter((row) => row[label] === 1).length);
    // 1,000 each, give or take four deviations.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(5000 * 0.2 * 0.8));
  });
});
