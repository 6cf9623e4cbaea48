import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { evaluate, gradients, input, matmul, reshape, sum, type Tensor } from "../../graph/index.ts";
import { augment, type TransformName } from "../../nn/index.ts";
import { type ClassificationOptions, classification } from "./classification.ts";

// A linear classifier of 5 small images without label and 4 labelled ones, against loops over numbers.
const [count, batch, classes, channels, side] = [5, 4, 3, 3, 6];
const pixels = channels * side * side;
const changes: readonly TransformName[] = ["translation", "brightness", "cutout"];
const weights = input("weights", [pixels, classes]);
const real = input("real", [count, channels, side, side]);
const labelledImages = input("labelled", [batch, channels, side, side]);
const labelledClasses = input("labelledClasses", [batch, classes]);
const labels = [2, 0, 1, 0];
/** Of the first two of the images; the others have no label. */
const known = input("known", [count, classes]);

const random = randomStream(6, "classification");
const feeds: Record<string, Float64Array> = {
  weights: Float64Array.from(random.normals(pixels * classes), (value) => value * 0.12),
  real: Float64Array.from(random.normals(count * pixels), Math.tanh),
  known: Float64Array.from({ length: count * classes }, (_, at) => (at === 1 || at === classes ? 1 : 0)),
  "alignment/answers": Float64Array.of(0.6, 0.3, 0.1),
  "alignment/labels": Float64Array.of(1, 2, 5),
  labelled: Float64Array.from(random.normals(batch * pixels), Math.tanh),
  labelledClasses: Float64Array.from({ length: batch * classes }, (_, at) =>
    labels[Math.floor(at / classes)] === at % classes ? 1 : 0,
  ),
};
const uniform = (name: string, shape: readonly number[]) => {
  const numbers = shape.reduce((all, each) => all * each, 1);
  feeds[name] ??= Float64Array.from({ length: numbers }, () => random.uniform());
  return input(name, shape);
};
const classify = (images: Tensor) => matmul(reshape(images, [Number(images.shape[0]), pixels]), weights);
const options: ClassificationOptions = {
  width: 1,
  batch,
  classes,
  pseudoLabels: 0.7,
  threshold: 0.5,
  transforms: changes,
  alignment: false,
};

function lesson(changed: Partial<ClassificationOptions> = {}, by = classify) {
  const labelled = () => ({ images: labelledImages, classes: labelledClasses });
  const inputs = { real, uniform, labelled, known: () => known, memory: (name: string) => input(name, [classes]) };
  return classification({ ...options, ...changed }, inputs, by);
}
const values = (tensors: readonly Tensor[]) => evaluate(tensors, feeds).map(({ data }) => Array.from(data, Number));

/** Images as a lesson changes them, which is tested where the changes are. */
function changedRows(images: Tensor, name: string, transforms: readonly TransformName[]): number[][] {
  const draws = (draw: string, shape: readonly number[]) => uniform(`classification/${name}/${draw}`, shape);
  const [all = []] = values([augment(images, draws, { transforms })]);
  return Array.from({ length: all.length / pixels }, (_, row) => all.slice(row * pixels, (row + 1) * pixels));
}

/** Probabilities of the classes of an image, by hand. */
function answer(image: readonly number[]): number[] {
  const logits = [0, 1, 2].map((label) =>
    image.reduce((total, value, at) => total + value * (feeds["weights"]?.[at * classes + label] ?? 0), 0),
  );
  const total = logits.reduce((all, logit) => all + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / total);
}

/** What the lesson should be, and the slopes of its loss, by hand. */
function byHand(threshold: number, pseudoLabels: number) {
  const slopes = Array.from({ length: pixels * classes }, () => 0);
  const learn = (image: readonly number[], label: number, weight: number) => {
    const chances = answer(image);
    image.forEach((value, at) => {
      chances.forEach((chance, each) => {
        const place = at * classes + each;
        slopes[place] = (slopes[place] ?? 0) + weight * value * (chance - (each === label ? 1 : 0));
      });
    });
    return -weight * Math.log(chances[label] ?? 0);
  };
  const seen = changedRows(labelledImages, "labelled", changes);
  const classLoss = seen.reduce((total, image, index) => total + learn(image, labels[index] ?? 0, 1 / batch), 0);
  const answers = changedRows(real, "small", ["translation"]).map(answer);
  const isCertain = answers.map((chances) => Math.max(...chances) > threshold);
  const large = changedRows(real, "large", changes);
  const weighted = large.reduce((total, image, index) => {
    const chances = answers[index] ?? [];
    return isCertain[index] ? total + learn(image, chances.indexOf(Math.max(...chances)), pseudoLabels / count) : total;
  }, 0);
  const certain = isCertain.filter(Boolean).length / count;
  return { classLoss, loss: classLoss + weighted, pseudoLoss: weighted / pseudoLabels, certain, slopes, answers };
}
const expectClose = (found: readonly number[] | undefined, expected: readonly number[]) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, index) => expect(found?.[index]).toBeCloseTo(value, 9));
};

describe("a lesson on classes", () => {
  it("is of the labelled images, and of the certain answers on all others, which are held fixed", () => {
    const { loss, report, onReal } = lesson();
    const { classLoss, pseudoLoss, certain } = report;
    if (classLoss === undefined || pseudoLoss === undefined || certain === undefined) throw new Error("no report");
    const found = values([loss, classLoss, pseudoLoss, certain, onReal(), ...gradients(loss, [weights])]);
    const expected = byHand(0.5, 0.7);
    // Otherwise this would show less than it says.
    expect(expected.certain).toBeGreaterThan(0);
    expect(expected.certain).toBeLessThan(1);
    expectClose(found.slice(0, 4).flat(), [expected.loss, expected.classLoss, expected.pseudoLoss, expected.certain]);
    expectClose(found[5], expected.slopes);
    const logits = found[4] ?? [];
    expectClose(
      expected.answers.flatMap((_, row) => {
        const own = logits.slice(row * classes, (row + 1) * classes).map(Math.exp);
        return own.map((value) => value / own.reduce((total, each) => total + each, 0));
      }),
      expected.answers.flat(),
    );
  });

  it("is that of the labels alone where no answer is certain enough, or answers do not count", () => {
    for (const changed of [{ threshold: 0.999999 }, { pseudoLabels: 0 }]) {
      const { loss } = lesson(changed);
      const [found, slopes] = values([loss, ...gradients(loss, [weights])]);
      const expected = byHand(1, 1);
      expectClose(found, [expected.classLoss]);
      expectClose(slopes, expected.slopes);
    }
    expect(Object.keys(lesson({ pseudoLabels: 0 }).report)).toEqual(["classLoss"]);
  });

  it("can bring answers to the classes' shares among the labels, and keeps count of both", () => {
    const { onReal, memory } = lesson({ alignment: true });
    const { "alignment/answers": answers, "alignment/labels": counts } = memory;
    if (answers === undefined || counts === undefined) throw new Error("no memory");
    const [logits = [], after = [], counted] = values([onReal(), answers, counts]);
    const plain = byHand(0.5, 0.7).answers;
    const ratios = [1 / 8 / 0.6, 2 / 8 / 0.3, 5 / 8 / 0.1];
    plain.forEach((chances, row) => {
      const weighted = chances.map((chance, index) => chance * (ratios[index] ?? 0));
      const own = logits.slice(row * classes, (row + 1) * classes).map(Math.exp);
      const shares = (numbers: readonly number[]) =>
        numbers.map((value) => value / numbers.reduce((total, each) => total + each, 0));
      expectClose(shares(own), shares(weighted));
    });
    expectClose(
      after,
      [0.6, 0.3, 0.1].map((before, index) => {
        const mean = plain.reduce((total, chances) => total + (chances[index] ?? 0), 0) / count;
        return before + 0.03 * (mean - before);
      }),
    );
    expectClose(counted, [1 + 1 / count, 2 + 1 / count, 5]);
  });

  it("looks at all images only where their answers count or are asked for", () => {
    const seen: unknown[] = [];
    const counting = (images: Tensor) => {
      seen.push(images.shape[0]);
      return classify(images);
    };
    const { onReal } = lesson({ pseudoLabels: 0 }, counting);
    expect(seen).toEqual([batch]);
    onReal();
    expect(seen).toEqual([batch, count]);
    seen.length = 0;
    lesson({}, counting).onReal();
    expect(seen).toEqual([count, batch + count]);
  });

  it("gives answers on all images without gradient", () => {
    const [slopes] = values(gradients(sum(lesson().onReal()), [weights]));
    expect(slopes?.every((value) => value === 0)).toBe(true);
  });
});
