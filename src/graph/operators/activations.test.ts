import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  elu,
  evaluate,
  gelu,
  glu,
  gradients,
  hardSigmoid,
  hardSwish,
  input,
  leakyRelu,
  multiply,
  prelu,
  relu,
  silu,
  softplus,
  sum,
  type Tensor,
} from "../index.ts";
import { need, shapeAndAxis, unary } from "../testing/drawn-shapes.ts";
import { describeOperator } from "../testing/property-checks.ts";

describeOperator("relu", unary(relu));
describeOperator(
  "leakyRelu",
  unary((x) => leakyRelu(x, 0.2)),
);
describeOperator(
  "prelu",
  fc.tuple(shapeAndAxis, fc.boolean()).map(([{ shape, axis }, one]) => ({
    inputs: [{ shape }, { shape: one ? [] : shape.slice(axis).map((size, index) => (index === 0 ? size : 1)) }],
    build: (x, slope) => prelu(need(x), need(slope)),
  })),
);
describeOperator("elu", unary(elu));
describeOperator(
  "elu, alpha",
  unary((x) => elu(x, 0.7)),
);
describeOperator(
  "elu, negative alpha",
  unary((x) => elu(x, -0.7)),
);
describeOperator("silu", unary(silu));
describeOperator(
  "gelu",
  unary((x) => gelu(x)),
);
describeOperator(
  "gelu, approximate",
  unary((x) => gelu(x, { approximate: "tanh" })),
);
describeOperator("softplus", unary(softplus));
describeOperator(
  "hardSigmoid",
  unary((x) => hardSigmoid(multiply(x, 5)), "distinct"),
);
describeOperator(
  "hardSigmoid, another line",
  unary((x) => hardSigmoid(x, { slope: 1, offset: 0.5 }), "distinct"),
);
describeOperator(
  "hardSwish",
  unary((x) => hardSwish(multiply(x, 5)), "distinct"),
);
describeOperator(
  "glu",
  shapeAndAxis.map(({ shape, axis }) => ({
    inputs: [{ shape: shape.with(axis, 2 * (shape[axis] ?? 1)) }],
    build: (x) => glu(need(x), axis),
  })),
);

const x = input("x", [3]);
const numbers = (tensor: Tensor, feeds: Record<string, readonly number[]>) => [
  ...(evaluate([tensor], feeds)[0]?.data ?? []),
];

describe("prelu", () => {
  it("refuses slopes that are larger than what they are applied to", () => {
    expect(() => prelu(x, input("slope", [2, 3]))).toThrow("slopes that broadcast to [3]");
  });
});

describe("softplus", () => {
  it("has the logistic function as its slope, at 0 too", () => {
    const [slope] = gradients(sum(softplus(x)), [x]);
    const slopes = slope === undefined ? [] : numbers(slope, { x: [-2, 0, 1e4] });
    expect(slopes).toEqual([expect.closeTo(1 / (1 + Math.exp(2)), 12), 0.5, 1]);
  });
});

describe("activations of large numbers", () => {
  it("are finite", () => {
    const large = { x: [-1000, 0, 1000] };
    expect(numbers(softplus(x), large)).toEqual([0, Math.log(2), 1000]);
    expect(numbers(silu(x), large)).toEqual([-0, 0, 1000]);
    expect(numbers(gelu(x), large)).toEqual([-0, 0, 1000]);
    expect(numbers(elu(x), large)).toEqual([-1, 0, 1000]);
  });
});

describe("activations", () => {
  const logistic = (value: number) => 1 / (1 + Math.exp(-value));
  const line = (value: number) => Math.min(Math.max(value / 6 + 0.5, 0), 1);
  const formulas: readonly (readonly [string, (x: Tensor) => Tensor, (value: number) => number])[] = [
    ["relu", relu, (value) => Math.max(value, 0)],
    ["leakyRelu", (y) => leakyRelu(y, 0.2), (value) => Math.max(value, 0.2 * value)],
    ["elu", (y) => elu(y, 0.7), (value) => (value > 0 ? value : 0.7 * Math.expm1(value))],
    ["silu", silu, (value) => value * logistic(value)],
    ["softplus", softplus, (value) => Math.log1p(Math.exp(value))],
    ["hardSigmoid", hardSigmoid, line],
    ["hardSwish", hardSwish, (value) => value * line(value)],
    [
      "gelu by tanh",
      (y) => gelu(y, { approximate: "tanh" }),
      (value) => (value / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3))),
    ],
  ];

  it.each(formulas)("%s is its formula", (_, activation, formula) => {
    const at = [-4, -0.8, 2.3];
    numbers(activation(x), { x: at }).forEach((value, index) => {
      expect(value).toBeCloseTo(formula(at[index] ?? 0), 12);
    });
  });

  it("gelu is the distribution function of N(0, 1) times its argument, which tanh approximates", () => {
    const at = { x: [-1, 1, 3] };
    const exact = numbers(gelu(x), at);
    // Φ(1) = 0.8413447461, Φ(3) = 0.9986501020.
    [-0.1586552539, 0.8413447461, 2.995950306].forEach((value, index) => expect(exact[index]).toBeCloseTo(value, 9));
    numbers(gelu(x, { approximate: "tanh" }), at).forEach((value, index) =>
      expect(value).toBeCloseTo(exact[index] ?? 0, 3),
    );
  });

  it("glu gates the first half with the second", () => {
    const y = input("y", [1, 4]);
    expect(numbers(glu(y, 1), { y: [3, 5, 0, 1000] })).toEqual([1.5, 5]);
    expect(() => glu(x, 0)).toThrow("expected an even size at axis 0, received [3]");
  });
});
