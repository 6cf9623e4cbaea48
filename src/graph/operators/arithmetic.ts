import type { Computed, Tensor } from "../tensor.ts";
import { defineBinary, defineUnary } from "./elementwise.ts";

/** left + right. */
export const add = defineBinary("add", {
  onnx: "Add",
  gradient: (_left, _right, upstream) => [upstream, upstream],
  reference: (left, right) => left + right,
});

/** left - right. */
export const subtract = defineBinary("subtract", {
  onnx: "Sub",
  gradient: (_left, _right, upstream) => [upstream, negate(upstream)],
  reference: (left, right) => left - right,
});

/** left * right, element by element. */
export const multiply = defineBinary("multiply", {
  onnx: "Mul",
  gradient: (left, right, upstream) => [multiply(upstream, right), multiply(upstream, left)],
  reference: (left, right) => left * right,
});

/** left / right. */
export const divide = defineBinary("divide", {
  onnx: "Div",
  gradient: (_left, right, upstream, output) => [
    divide(upstream, right),
    negate(multiply(divide(upstream, right), output)),
  ],
  reference: (left, right) => left / right,
});

/** -x. */
export const negate = defineUnary("negate", {
  onnx: "Neg",
  gradient: (_x, upstream) => negate(upstream),
  reference: (x) => -x,
});

/** x^2. */
export const square = (x: Tensor): Computed => multiply(x, x);
