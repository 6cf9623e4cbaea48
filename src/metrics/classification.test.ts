import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accuracyOf, confusionOf, errorOf, predictedClasses } from "./classification.ts";

describe("classification", () => {
  const logits = Float32Array.of(0.1, 2, -1, 3, 3, 0, -5, -4, -3, 9, 1, 2);
  const predicted = predictedClasses(logits, 3);

  it("takes the largest logit, the first of equal ones", () => {
    expect(predicted).toEqual(Int32Array.of(1, 0, 2, 0));
    expect(() => predictedClasses(Float32Array.of(0, Number.NaN), 2)).toThrow("no number");
  });

  it("leaves out images without a label, and counts them", () => {
    const labels = Int32Array.of(1, 2, -1, 0);
    expect(accuracyOf(predicted, labels)).toEqual({ value: 2 / 3, images: 3, unlabelled: 1 });
    expect(errorOf(predicted, labels).value).toBeCloseTo(1 / 3, 12);
    expect(confusionOf(predicted, labels, 3)).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [1, 0, 0],
    ]);
    expect(accuracyOf(predicted, Int32Array.of(-1, -1, -1, -1)).value).toBeNaN();
  });

  it("agrees with itself: the diagonal over all counts is the accuracy", () => {
    const pair = fc.record({ label: fc.integer({ min: -1, max: 4 }), guess: fc.integer({ min: 0, max: 4 }) });
    fc.assert(
      fc.property(fc.array(pair), (pairs) => {
        const labels = Int32Array.from(pairs, ({ label }) => label);
        const guesses = pairs.map(({ guess }) => guess);
        const confusion = confusionOf(guesses, labels, 5);
        const total = confusion.flat().reduce((sum, count) => sum + count, 0);
        const right = confusion.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
        const accuracy = accuracyOf(guesses, labels);
        expect([accuracy.images, accuracy.unlabelled]).toEqual([total, pairs.length - total]);
        if (total > 0) expect(accuracy.value).toBe(right / total);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it("refuses what does not belong together", () => {
    expect(() => accuracyOf([1], Int32Array.of(1, 2))).toThrow("1 predictions and 2 labels");
    expect(() => confusionOf([5], Int32Array.of(1), 3)).toThrow("class 1 or 5 of 3");
  });
});
