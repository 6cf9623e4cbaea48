import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { constant, evaluate, input } from "../graph/index.ts";
import { classifierOf } from "./index.ts";

describe("a classifier", () => {
  it.each([
    [16, 16, 1],
    [28, 28, 1],
    [32, 48, 3],
    [3, 2, 1],
  ] as const)("of pictures of %i x %i pixels in %i colours gives a logit for each class", (width, height, channels) => {
    const network = classifierOf({ format: { width, height, channels }, width: 2, classes: 5 });
    const values = new Map(
      network.variables.map((variable) => {
        const { input: declared, shape, initializer } = variable;
        return [declared.name, constant(initializer(shape, randomStream(1, declared.name)), shape)];
      }),
    );
    const images = input("images", [3, channels, height, width]);
    const { output } = network.apply(images, values, "inference");
    expect(output.shape).toEqual([3, 5]);
    const numbers = randomStream(2, "images").normals(3 * channels * height * width);
    const [logits] = evaluate([output], { images: numbers });
    expect(logits?.data.every((value) => Number.isFinite(value))).toBe(true);
    expect(new Set(logits?.data).size).toBe(15);
  });

  it("looks for the same wherever it is: a picture that is moved round gives what it gave", () => {
    const network = classifierOf({ format: { width: 32, height: 32, channels: 1 }, width: 4, classes: 3 });
    const values = new Map(
      network.variables.map(({ input: declared, shape, initializer }) => [
        declared.name,
        constant(initializer(shape, randomStream(4, declared.name)), shape),
      ]),
    );
    // A blot in the middle of an even ground, and the same moved by the 8 pixels that the last map stands apart.
    const blot = (left: number) =>
      Float64Array.from({ length: 1024 }, (_, at) => {
        const [x, y] = [(at % 32) - left, Math.floor(at / 32) - 12];
        return x >= 0 && x < 4 && y >= 0 && y < 4 ? randomStream(9, "blot", x, y).normal() : 0;
      });
    const images = input("images", [2, 1, 32, 32]);
    const { output } = network.apply(images, values, "inference");
    const [logits] = evaluate([output], { images: Float64Array.of(...blot(10), ...blot(18)) });
    const [one = [], other = []] = [0, 3].map((from) => [...(logits?.data ?? [])].slice(from, from + 3));
    one.forEach((value, index) => expect(value).toBeCloseTo(other[index] ?? Number.NaN, 9));
    expect(new Set(one).size).toBe(3);
  });
});
