import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { elementCount, evaluate, input } from "../../graph/index.ts";
import { describeOperator } from "../../graph/testing/property-checks.ts";
import { multiHeadAttention, selfAttention2d } from "../index.ts";
import { layerCase, networkOf } from "../testing/layer-checks.ts";

const random = randomStream(0, "attention");
const draw = (count: number) => Float64Array.from({ length: count }, () => random.normal());

/** sum_i softmax_i(scale k_i . q_j) v_i for each position j, number by number; all [features, positions]. */
function attended([queries, keys, values]: readonly [number[][], number[][], number[][]], scale: number): number[][] {
  const positions = queries[0]?.length ?? 0;
  const mixed = values.map((): number[] => []);
  for (let j = 0; j < positions; j++) {
    const scores = Array.from({ length: positions }, (_, i) =>
      keys.reduce((total, key, feature) => total + scale * (key[i] ?? 0) * (queries[feature]?.[j] ?? 0), 0),
    );
    const powers = scores.map(Math.exp);
    const whole = powers.reduce((total, power) => total + power, 0);
    mixed.forEach((row, feature) => {
      row[j] = powers.reduce((total, power, i) => total + (power / whole) * (values[feature]?.[i] ?? 0), 0);
    });
  }
  return mixed;
}

/** The product of a matrix [rows, columns], row-major, with vectors [columns, positions]. */
function product(matrix: ArrayLike<number>, vectors: readonly number[][]): number[][] {
  const columns = vectors.length;
  return Array.from({ length: matrix.length / columns }, (_, row) =>
    Array.from({ length: vectors[0]?.length ?? 0 }, (_unused, position) =>
      vectors.reduce(
        (total, vector, column) => total + (matrix[row * columns + column] ?? 0) * (vector[position] ?? 0),
        0,
      ),
    ),
  );
}

/** The rows of one sample of [batch, rows, positions]. */
function sampleOf(data: ArrayLike<number>, sample: number, rows: number, positions: number): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: positions }, (_unused, at) => data[(sample * rows + row) * positions + at] ?? Number.NaN),
  );
}

describe("selfAttention2d", () => {
  const [batch, channels, height, width, inner] = [2, 4, 2, 3, 2];
  const positions = height * width;
  const network = networkOf((scope, x) => selfAttention2d(scope, x, { inner }), [1, channels, height, width]);
  const { output } = network.apply(input("x", ["batch", channels, height, width]), network.bindings(), "inference");
  const feeds = Object.fromEntries(
    network.variables.map(({ input: { name }, shape }) => [name, draw(elementCount(shape))]),
  );
  const x = draw(batch * channels * positions);

  it("is x + gamma W_v attention, for any batch", () => {
    const [y] = evaluate([output], { ...feeds, x }, batch);
    const weights = (name: string) => feeds[`net/layer/${name}/weight`] ?? new Float64Array();
    const gamma = feeds["net/layer/gamma"]?.[0] ?? 0;
    for (let sample = 0; sample < batch; sample++) {
      const pixels = sampleOf(x, sample, channels, positions);
      const mixed = attended(
        [product(weights("queries"), pixels), product(weights("keys"), pixels), product(weights("values"), pixels)],
        1,
      );
      const added = product(weights("output"), mixed);
      sampleOf(y?.data ?? [], sample, channels, positions).forEach((row, channel) =>
        row.forEach((value, at) => {
          expect(value).toBeCloseTo((pixels[channel]?.[at] ?? 0) + gamma * (added[channel]?.[at] ?? 0), 9);
        }),
      );
    }
  });

  it("changes nothing at first", () => {
    const gamma = network.variables.find(({ input: { name } }) => name === "net/layer/gamma");
    expect(gamma?.initializer([], random)).toEqual(Float32Array.of(0));
    const [y] = evaluate([output], { ...feeds, "net/layer/gamma": [0], x }, batch);
    expect(y?.data).toEqual(x);
  });
});

describe("multiHeadAttention", () => {
  it("attends with each head apart, scores divided by the root of a head's size", () => {
    const [features, tokens, heads] = [4, 3, 2];
    const network = networkOf((scope, given) => multiHeadAttention(scope, given, { heads }), [1, features, tokens]);
    const { output } = network.apply(input("x", [1, features, tokens]), network.bindings(), "training");
    const feeds = Object.fromEntries(
      network.variables.map(({ input: { name }, shape }) => [name, draw(elementCount(shape))]),
    );
    const x = draw(features * tokens);
    const [y] = evaluate([output], { ...feeds, x });
    const weights = (name: string) => feeds[`net/layer/${name}/weight`] ?? new Float64Array();
    const sequence = sampleOf(x, 0, features, tokens);
    const projected = (name: string) => product(weights(name), sequence);
    const mixed = [0, 2].flatMap((first) => {
      const head = (name: string) => projected(name).slice(first, first + 2);
      return attended([head("queries"), head("keys"), head("values")], 1 / Math.sqrt(2));
    });
    const expected = product(weights("output"), mixed).flat();
    y?.data.forEach((value, index) => expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 9));
  });
});

describeOperator(
  "selfAttention2d",
  fc.constant(layerCase((scope, x) => selfAttention2d(scope, x, { inner: 1 }), [2, 2, 2, 2])),
  { runs: 2 },
);

describeOperator(
  "multiHeadAttention",
  fc.constantFrom(1, 2).map((heads) => layerCase((scope, x) => multiHeadAttention(scope, x, { heads }), [2, 2, 3])),
  { runs: 3 },
);
