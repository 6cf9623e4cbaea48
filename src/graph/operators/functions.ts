import { defineOperator } from "../operator.ts";
import type { Tensor } from "../tensor.ts";
import { divide, multiply, negate, square, subtract } from "./arithmetic.ts";
import { defineUnary } from "./elementwise.ts";

/** e^x. */
export const exp = defineUnary("exp", {
  onnx: "Exp",
  gradient: (_x, upstream, output) => multiply(upstream, output),
  reference: Math.exp,
});

/** Natural logarithm. */
export const log = defineUnary("log", {
  onnx: "Log",
  gradient: (x, upstream) => divide(upstream, x),
  reference: Math.log,
});

/** Square root. */
export const sqrt = defineUnary("sqrt", {
  onnx: "Sqrt",
  gradient: (_x, upstream, output) => divide(multiply(upstream, 0.5), output),
  reference: Math.sqrt,
});

/** Sine of x in radians. */
export const sin = defineUnary("sin", {
  onnx: "Sin",
  gradient: (x, upstream) => multiply(upstream, cos(x)),
  reference: Math.sin,
});

/** Cosine of x in radians. */
export const cos = defineUnary("cos", {
  onnx: "Cos",
  gradient: (x, upstream) => negate(multiply(upstream, sin(x))),
  reference: Math.cos,
});

/** Hyperbolic tangent. */
export const tanh = defineUnary("tanh", {
  onnx: "Tanh",
  gradient: (_x, upstream, output) => multiply(upstream, subtract(1, square(output))),
  reference: Math.tanh,
});

/** 1 / (1 + e^-x). */
export const sigmoid = defineUnary("sigmoid", {
  onnx: "Sigmoid",
  gradient: (_x, upstream, output) => multiply(upstream, multiply(output, subtract(1, output))),
  reference: (x) => 1 / (1 + Math.exp(-x)),
});

/** The error function, 2 / √π times the integral of e^-t² from 0 to x. */
export const erf = defineUnary("erf", {
  onnx: "Erf",
  gradient: (x, upstream) => multiply(upstream, multiply(exp(negate(square(x))), 2 / Math.sqrt(Math.PI))),
  reference: errorFunction,
});

/** Beyond this the error function is 1 in float64. */
const ERF_REACHES_ONE = 6;

/**
 * 2 / √π e^-x² Σ 2ⁿ x²ⁿ⁺¹ / (1 · 3 ⋯ (2n + 1)) (Abramowitz and Stegun 1964, 7.1.6): all terms have one sign, so that
 * nothing cancels.
 */
export function errorFunction(x: number): number {
  if (Math.abs(x) >= ERF_REACHES_ONE) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > Math.abs(total) * Number.EPSILON; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/**
 * x to a fixed power. Small whole powers, roots and reciprocals are made of products and quotients, which engines compute
 * much faster. NaN where x is negative and the exponent is not whole, as for roots.
 */
export function power(x: Tensor, exponent: number): Tensor {
  switch (exponent) {
    case 1:
      return x;
    case 2:
      return square(x);
    case 3:
      return multiply(square(x), x);
    case 4:
      return square(square(x));
    case 0.5:
      return sqrt(x);
    case -0.5:
      return divide(1, sqrt(x));
    case -1:
      return divide(1, x);
    case -2:
      return divide(1, square(x));
    default:
      return powerOf([x], { exponent });
  }
}

const powerOf = defineOperator<{ readonly exponent: number }, 1>({
  name: "power",
  arity: 1,
  type: ([x]) => x,
  // 0 * x^-1 would be no slope at 0.
  gradient: ({ inputs: [x], attributes: { exponent }, upstream }) => [
    exponent === 0 ? null : multiply(upstream, multiply(power(x, exponent - 1), exponent)),
  ],
  reference: ([x], { exponent }) => x.data.map((value) => value ** exponent),
  onnx: ({ emitter, inputs: [x], attributes: { exponent } }) => emitter.node("Pow", [x, emitter.filled(exponent, [])]),
});
