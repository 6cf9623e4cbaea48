import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  abs,
  add,
  clip,
  constant,
  cos,
  divide,
  erf,
  evaluate,
  exp,
  gradients,
  input,
  isEqual,
  isGreater,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  power,
  rampSlope,
  select,
  sigmoid,
  sin,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
  tanh,
} from "../index.ts";
import { binary, broadcastPair, need, shapes, unary } from "../testing/drawn-shapes.ts";
import { describeOperator } from "../testing/property-checks.ts";

describeOperator("add", binary(add));
describeOperator("subtract", binary(subtract));
describeOperator("multiply", binary(multiply));
describeOperator("divide", binary(divide, "positive"));
describeOperator("negate", unary(negate));
describeOperator("square", unary(square));
describeOperator("exp", unary(exp));
describeOperator("log", unary(log, "positive"));
describeOperator("sqrt", unary(sqrt, "positive"));
describeOperator("sin", unary(sin));
describeOperator("cos", unary(cos));
describeOperator("erf", unary(erf));
describeOperator("tanh", unary(tanh));
describeOperator("sigmoid", unary(sigmoid));

const exponents = fc.oneof(
  fc.constantFrom(-2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 5),
  fc.double({ min: -3, max: 3, noNaN: true }),
);
describeOperator(
  "power",
  fc.tuple(shapes(), exponents).map(([shape, exponent]) => ({
    inputs: [{ shape, draw: "positive" }],
    build: (x) => power(need(x), exponent),
  })),
  { runs: 30 },
);
describeOperator(
  "power, of negative numbers",
  unary((x) => add(power(x, 3), power(x, 5))),
);

describeOperator("abs", unary(abs));
describeOperator(
  "rampSlope",
  unary((x) => multiply(rampSlope(x, 0.2), x)),
);
describeOperator("maximum", binary(maximum, "distinct"));
describeOperator("minimum", binary(minimum, "distinct"));
// Draws named distinct keep away from multiples of 0.1, where the bounds are.
const bounds = fc.constantFrom({ min: -0.4, max: 0.4 }, { min: 0 }, { max: 0.2 }, {});
describeOperator(
  "clip",
  fc.tuple(shapes(), bounds).map(([shape, range]) => ({
    inputs: [{ shape, draw: "distinct" }],
    build: (x) => clip(need(x), range),
  })),
);

describeOperator(
  "isGreater",
  binary((a, b) => multiply(isGreater(a, b), add(a, b)), "distinct"),
);
describeOperator(
  "isEqual",
  binary((a, b) => multiply(isEqual(rampSlope(a, 0), rampSlope(b, 0)), add(a, b))),
);
describeOperator(
  "select",
  fc.tuple(broadcastPair, shapes(0, 1)).map(([[a, b], condition]) => ({
    inputs: [{ shape: condition.map(() => 1) }, { shape: a }, { shape: b }],
    build: (mask, x, y) => select(rampSlope(need(mask), 0), need(x), need(y)),
  })),
);

const numbers = (tensor: Tensor, feeds: Record<string, readonly number[]> = {}) => [
  ...(evaluate([tensor], feeds)[0]?.data ?? []),
];
const x = input("x", [3]);
const slopes = (y: Tensor, at: readonly number[]) =>
  gradients(sum(y), [x]).map((slope) => numbers(slope, { x: at }))[0];

describe("where two numbers are equal", () => {
  it("maximum and minimum share the gradient", () => {
    expect(slopes(maximum(x, 1), [0, 1, 2])).toEqual([0, 0.5, 1]);
    expect(slopes(minimum(x, 1), [0, 1, 2])).toEqual([1, 0.5, 0]);
    expect(slopes(maximum(x, x), [0, 1, 2])).toEqual([1, 1, 1]);
  });
});

describe("power", () => {
  it("has no slope where the exponent is 0", () => {
    expect(slopes(power(x, 0), [-1, 0, 2])).toEqual([0, 0, 0]);
  });
});

describe("clip", () => {
  it("has no slope outside its bounds and at them", () => {
    expect(slopes(clip(x, { min: -1, max: 1 }), [-1, 0.5, 3])).toEqual([0, 1, 0]);
  });

  it("is no operation without bounds", () => {
    expect(clip(x, {})).toBe(x);
    expect(clip(x, { min: Number.NEGATIVE_INFINITY })).toBe(x);
  });

  it("refuses bounds without a number between them", () => {
    expect(() => clip(x, { min: 1, max: 0 })).toThrow("expected a smallest value of at most the largest");
    expect(() => clip(x, { min: Number.NaN })).toThrow("received NaN");
  });
});

describe("select", () => {
  it("lets nothing through from the side that is not chosen, nor from its gradient", () => {
    const safe = select(isGreater(x, 0), log(x), constant(Float64Array.of(Number.NaN, Number.NaN, 5), [3]));
    expect(numbers(safe, { x: [1, Math.E, -1] })).toEqual([0, 1, 5]);
    expect(slopes(select(isGreater(x, 0), sqrt(maximum(x, 0.25)), 0), [1, 4, -1])).toEqual([0.5, 0.25, 0]);
  });
});

describe("power", () => {
  it.each([-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 5])("to %d is what it says", (exponent) => {
    const at = [0.4, 1, 2.5];
    numbers(power(x, exponent), { x: at }).forEach((value, index) => {
      expect(value).toBeCloseTo((at[index] ?? 0) ** exponent, 12);
    });
  });
});

describe("erf", () => {
  it("has the values of Abramowitz and Stegun 1964, table 7.1", () => {
    const [half = 0, one = 0, far] = numbers(erf(x), { x: [0.5, -1, 9] });
    expect(half).toBeCloseTo(0.5204998778, 10);
    expect(one).toBeCloseTo(-0.8427007929, 10);
    expect(far).toBe(1);
  });
});
