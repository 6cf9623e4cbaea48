import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { evaluate, gradients, input, multiply, sum, type Tensor } from "../../graph/index.ts";
import { describeOperator } from "../../graph/testing/property-checks.ts";
import {
  convolution,
  dense,
  fixedWeightNorm,
  type Network,
  spectralNorm,
  transposedConvolution,
  weightNorm,
} from "../index.ts";
import { type Layer, layerCase, networkOf } from "../testing/layer-checks.ts";
import { singularTriple } from "../testing/singular-values.ts";

const [inputs, features] = [4, 3];
const random = randomStream(0, "weight transforms");
const weight = Float64Array.from({ length: inputs * features }, () => random.normal());
const identity = Float64Array.from({ length: inputs * inputs }, (_, index) =>
  Number(Math.floor(index / inputs) === index % inputs),
);

/** The dense layer of the identity matrix gives the weight that it uses. */
function usedWeight(network: Network, mode: "training" | "inference") {
  return network.apply(input("x", [inputs, inputs]), network.bindings(), mode);
}

describe("spectralNorm", () => {
  const network = networkOf(
    (scope, x) => dense(scope, x, { features, bias: false, weightTransform: spectralNorm }),
    [1, inputs],
  );
  const { left, value, right } = singularTriple(weight, inputs, features);
  const vector = "net/layer/singularVector";
  const feeds = (u: ArrayLike<number>) => ({ x: identity, "net/layer/weight": weight, [vector]: u });

  it("comes, step by step, to divide by the largest singular value", () => {
    const { output, statistics } = usedWeight(network, "training");
    let u: ArrayLike<number> =
      network.variables.find(({ role }) => role === "statistic")?.initializer([inputs], random) ?? [];
    let used: ArrayLike<number> = [];
    for (let step = 0; step < 200; step++) {
      const [w, next] = evaluate([output, statistics.get(vector) ?? output], feeds(u));
      used = w?.data ?? used;
      u = next?.data ?? u;
    }
    Array.from(used).forEach((element, index) => expect(element).toBeCloseTo((weight[index] ?? 0) / value, 9));
    Array.from(u).forEach((element, index) => expect(Math.abs(element)).toBeCloseTo(Math.abs(left[index] ?? 0), 9));
  });

  it("has the gradient of the paper's equation 12 (without batch mean): (E - (sum E W / s) u v^T) / s", () => {
    const upstream = Float64Array.from(weight, () => random.normal());
    const { output } = usedWeight(network, "training");
    const variable = network.bindings().get("net/layer/weight") ?? output;
    const loss = sum(multiply(output, input("upstream", [inputs, features])));
    const [slope] = evaluate(gradients(loss, [variable]), { ...feeds(left), upstream });
    const overlap = upstream.reduce((total, element, index) => total + (element * (weight[index] ?? 0)) / value, 0);
    slope?.data.forEach((element, index) => {
      const outer = (left[Math.floor(index / features)] ?? 0) * (right[index % features] ?? 0);
      expect(element).toBeCloseTo(((upstream[index] ?? 0) - overlap * outer) / value, 9);
    });
  });

  it("in inference takes the stored vector, of any length, and leaves it", () => {
    const { output, statistics } = usedWeight(network, "inference");
    const [w] = evaluate([output], feeds(left.map((element) => 7 * element)));
    expect(statistics.size).toBe(0);
    w?.data.forEach((element, index) => expect(element).toBeCloseTo((weight[index] ?? 0) / value, 9));
  });
});

describe("weightNorm", () => {
  it("gives the weights of each output the length that its gain says", () => {
    const network = networkOf(
      (scope, x) => dense(scope, x, { features, bias: false, weightTransform: weightNorm }),
      [1, inputs],
    );
    const { output } = usedWeight(network, "training");
    const gain = [0.5, 2, -3];
    const [used] = evaluate([output], { x: identity, "net/layer/weight": weight, "net/layer/gain": gain });
    for (let feature = 0; feature < features; feature++) {
      const length = Math.hypot(
        ...Array.from({ length: inputs }, (_, row) => used?.data[row * features + feature] ?? Number.NaN),
      );
      expect(length).toBeCloseTo(Math.abs(gain[feature] ?? 0), 9);
    }
  });

  it.each([
    ["convolution", (scope, x) => convolution(scope, x, { filters: 5, kernel: 3, weightTransform: weightNorm })],
    [
      "transposed convolution",
      (scope, x) => transposedConvolution(scope, x, { filters: 5, kernel: 3, weightTransform: weightNorm }),
    ],
  ] as const satisfies [string, (...given: Parameters<Layer>) => Tensor][])(
    "has one gain a filter of a %s",
    (_name, layer) => {
      const network = networkOf(layer, [1, 2, 4, 4]);
      const gain = network.variables.find(({ input: { name } }) => name === "net/layer/gain");
      expect(gain?.shape).toEqual([5]);
    },
  );
});

describe("fixedWeightNorm", () => {
  it("gives the weights of each output one length, which nothing trains", () => {
    const network = networkOf(
      (scope, x) => dense(scope, x, { features, bias: false, weightTransform: fixedWeightNorm(1.5) }),
      [1, inputs],
    );
    expect(network.variables.map(({ input: { name } }) => name)).toEqual(["net/layer/weight"]);
    const [used] = evaluate([usedWeight(network, "training").output], { x: identity, "net/layer/weight": weight });
    for (let feature = 0; feature < features; feature++) {
      const column = Array.from({ length: inputs }, (_, row) => used?.data[row * features + feature] ?? Number.NaN);
      expect(Math.hypot(...column)).toBeCloseTo(1.5, 9);
      const factor = (column[0] ?? 0) / (weight[feature] ?? 0);
      column.forEach((value, row) => expect(value).toBeCloseTo(factor * (weight[row * features + feature] ?? 0), 9));
    }
  });
});

describeOperator(
  "weightNorm of a convolution",
  fc
    .constantFrom([2, 2, 4, 4], [1, 3, 3, 3])
    .map((shape) =>
      layerCase((scope, x) => convolution(scope, x, { filters: 2, kernel: 2, weightTransform: weightNorm }), shape),
    ),
  { runs: 2 },
);
