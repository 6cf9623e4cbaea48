import { expect, it } from "vitest";
import { constant, evaluate, input } from "../../graph/index.ts";
import { aligned } from "./alignment.ts";

const classes = 10;
const batch = 64;

/** How much answers are moved towards each class at a step, when `labels` of the images before had a label of each class. */
function moved(labels: readonly number[]): number[] {
  const logits = constant(new Float64Array(batch * classes), [batch, classes]);
  const memory = (name: string, shape: readonly number[], initial = 0) => {
    const seen = (at: number) => (name === "alignment/labels" ? (labels[at] ?? 0) / batch : 0);
    return constant(
      Float64Array.from({ length: classes }, (_, at) => initial + seen(at)),
      shape,
    );
  };
  const [value] = evaluate([aligned(logits, input("known", [batch, classes]), { memory }).logits], {});
  return Array.from(value?.data.slice(0, classes) ?? [], Math.exp);
}

it("takes no class for much more frequent because its label came by first", () => {
  const [first = 0, other = 0] = moved([1]);
  expect(first / other).toBeGreaterThan(1);
  expect(first / other).toBeLessThan(1.5);
});

it("goes by the labels once some batches of them have come by", () => {
  const labels = [256, 128, 64, 64, 64, 64, 64, 64, 64, 64];
  const factors = moved(labels);
  const total = labels.reduce((sum, count) => sum + count, 0);
  labels.forEach((count, at) => {
    const found = ((factors[at] ?? 0) * total) / (count * classes);
    expect(Math.abs(found - 1), `class ${at}`).toBeLessThan(0.05);
  });
});
