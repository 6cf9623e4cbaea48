import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import {
  add,
  channelAffine,
  constant,
  divide,
  elementCount,
  evaluate,
  gradients,
  input,
  mean,
  multiply,
  negate,
  reshape,
  simplify,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
  topologicalOrder,
} from "./index.ts";

const IMAGE = [2, 3, 2, 2];
const image = input("image", IMAGE);
const channels = input("channels", [3]);
const perChannel = reshape(channels, [3, 1, 1]);
const number = input("number", []);
const feeds = Object.fromEntries(
  [image, channels, number].map(({ name, shape }) => {
    const random = randomStream(4, name);
    const count = elementCount(shape.map(Number));
    return [name, Float64Array.from({ length: count }, () => 0.5 + random.uniform())];
  }),
);

/** The operators whose result has as many numbers as the image: each is a pass over it. */
function passes(...outputs: readonly Tensor[]): readonly string[] {
  return topologicalOrder(outputs).flatMap((tensor) =>
    tensor.kind === "computed" && elementCount(tensor.shape.map(Number)) === elementCount(IMAGE)
      ? [tensor.operation.name]
      : [],
  );
}

/** What is left of an expression, whose numbers must not change. */
function left(tensor: Tensor): readonly string[] {
  const simplified = simplify([tensor]);
  const [before] = evaluate([tensor], feeds);
  const [after] = evaluate(simplified, feeds);
  before?.data.forEach((value, index) => {
    expect(after?.data[index]).toBeCloseTo(value, 9);
  });
  return passes(...simplified);
}

describe("arithmetic on large tensors", () => {
  it("gathers factors in the smaller tensor", () => {
    expect(left(multiply(multiply(image, number), 3))).toEqual(["multiply"]);
    expect(left(divide(multiply(multiply(number, image), perChannel), 7))).toEqual(["channelAffine"]);
  });

  it("takes what is a number a channel into one pass", () => {
    const affine = channelAffine(image, channels, channels);
    expect(left(add(affine, perChannel))).toEqual(["channelAffine"]);
    expect(left(subtract(multiply(affine, perChannel), perChannel))).toEqual(["channelAffine"]);
    expect(left(multiply(affine, number))).toEqual(["channelAffine"]);
  });

  it("turns signs without a pass", () => {
    expect(left(add(image, negate(square(image))))).toEqual(["multiply", "subtract"]);
    expect(left(negate(subtract(image, square(image))))).toEqual(["multiply", "subtract"]);
    expect(left(negate(multiply(image, 2)))).toEqual(["multiply"]);
  });

  it("does not take one number an image for one number in all, where the batch is open", () => {
    const images = input("images", ["batch", 3, 2, 2]);
    const weights = input("weights", ["batch", 1, 1, 1]);
    const scaled = multiply(channelAffine(images, channels, channels), weights);
    const given = { ...feeds, images: feeds["image"] ?? [], weights: [2, -3] };
    const [before] = evaluate([scaled], given, 2);
    const [after] = evaluate(simplify([scaled]), given, 2);
    expect(after).toEqual(before);
  });

  it("keeps a division whose reciprocal is no float32 number", () => {
    expect(left(divide(image, 2 ** -130))).toEqual(["divide"]);
    expect(left(divide(image, 2 ** 130))).toEqual(["divide"]);
  });

  it("needs three passes for the gradient of normalised channels, beside its sums", () => {
    const center = mean(image, [0, 2, 3]);
    const variance = subtract(mean(square(image), [0, 2, 3]), square(center));
    const gain = divide(1, sqrt(add(variance, 1e-3)));
    const normal = channelAffine(image, gain, negate(multiply(center, gain)));
    const upstream = input("upstream", IMAGE);
    const [slope = image] = gradients(sum(multiply(normal, upstream)), [image]);
    // x² and x · upstream are summed; then gain · upstream + b, x · c, and their sum.
    expect(passes(...simplify([slope]))).toEqual(["multiply", "multiply", "channelAffine", "channelAffine", "add"]);
  });

  it("keeps the numbers of any expression, in no more passes", () => {
    const expression = fc.letrec<{ tensor: Tensor }>((tie) => ({
      tensor: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constantFrom<Tensor>(
          image,
          perChannel,
          number,
          constant(Float64Array.of(3), []),
          channelAffine(image, channels, channels),
        ),
        fc
          .tuple(fc.constantFrom(add, subtract, multiply), tie("tensor"), tie("tensor"))
          .map(([apply, one, other]) => apply(one, other)),
        tie("tensor").map((one) => add(one, one)),
        tie("tensor").map(negate),
        tie("tensor").map((one) => divide(one, 5)),
      ),
    })).tensor;
    fc.assert(
      fc.property(expression, (tensor) => {
        expect(left(add(tensor, image)).length).toBeLessThanOrEqual(passes(add(tensor, image)).length);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
