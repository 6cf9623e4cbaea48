import {
  abs,
  add,
  cos,
  divide,
  erf,
  exp,
  isEqual,
  isGreater,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  power,
  select,
  sin,
  sqrt,
  subtract,
  tanh,
} from "../../operators/index.ts";
import type { Rules } from "../rule.ts";
import { asKnown } from "../values.ts";
import { binary, chosen, combined, comparison, unary, variadic } from "./known-arithmetic.ts";

/** Arithmetic, comparisons and logic, element by element. Truth computed by the graph is a float32 mask of 0 and 1. */
export const elementwise: Rules = {
  Add: {
    ...binary(
      add,
      ({ left, right }) => left + right,
      (left, right) => (right === 0 ? left : undefined),
    ),
    learned: [0, 1],
  },
  Sub: binary(
    subtract,
    ({ left, right }) => left - right,
    (left, right) => (right === 0 ? left : left === right ? 0 : undefined),
  ),
  Mul: {
    ...binary(
      multiply,
      ({ left, right }) => left * right,
      (left, right) => (right === 1 ? left : right === 0 ? 0 : undefined),
    ),
    learned: [0, 1],
  },
  Div: binary(
    divide,
    ({ left, right, whole }) => (whole ? Math.trunc(left / right) : left / right),
    (left, right) => (right === 1 ? left : left === right ? 1 : undefined),
  ),
  Mod: binary(
    undefined,
    ({ left, right }) => (left % right) + (left % right !== 0 && left < 0 !== right < 0 ? right : 0),
  ),
  Pow: {
    apply: (node) => {
      if (node.isKnown()) return combined(node, ({ left, right }) => left ** right);
      const exponents = node.numbers(1);
      const [exponent = 1] = exponents;
      return exponents.length === 1 ? power(node.tensor(0), exponent) : node.refuse("more than one exponent");
    },
  },
  Max: variadic(maximum, Math.max, (left, right) => (left === right || Number(right) <= 1 ? left : undefined)),
  Min: variadic(minimum, Math.min, (left, right) =>
    left === right || Number(right) >= 2 ** 31 - 1 ? left : undefined,
  ),
  Sum: variadic(add, (left, right) => left + right),
  Mean: {
    apply: (node) =>
      divide(
        node
          .values()
          .map((value) => node.asTensor(value))
          .reduce(add),
        node.inputs,
      ),
  },

  Neg: unary(negate, (x) => -x),
  Abs: unary(abs, Math.abs),
  Sqrt: unary(sqrt, Math.sqrt),
  Exp: unary(exp, Math.exp),
  Log: unary(log, Math.log),
  Sin: unary(sin, Math.sin),
  Cos: unary(cos, Math.cos),
  Tanh: unary(tanh, Math.tanh),
  Erf: { apply: (node) => erf(node.tensor(0)) },
  Reciprocal: unary(
    (x) => divide(1, x),
    (x) => 1 / x,
  ),
  Sign: unary((x) => subtract(isGreater(x, 0), isGreater(0, x)), Math.sign),
  Floor: unary(undefined, Math.floor),
  Ceil: unary(undefined, Math.ceil),

  Greater: comparison(isGreater, (left, right) => left > right),
  Less: comparison(
    (left, right) => isGreater(right, left),
    (left, right) => left < right,
  ),
  GreaterOrEqual: comparison(
    (left, right) => subtract(1, isGreater(right, left)),
    (left, right) => left >= right,
  ),
  LessOrEqual: comparison(
    (left, right) => subtract(1, isGreater(left, right)),
    (left, right) => left <= right,
  ),
  Equal: comparison(
    isEqual,
    (left, right) => left === right,
    (left, right) => (left === right ? 1 : Number(right) <= 0 ? 0 : undefined),
  ),
  And: comparison(multiply, (left, right) => left * right !== 0),
  Or: comparison(maximum, (left, right) => left + right !== 0),
  Not: unary(
    (x) => subtract(1, x),
    (x) => 1 - x,
  ),
  Where: {
    apply: (node) => {
      const values = node.values().map(asKnown);
      const [mask, whenTrue, whenFalse] = values;
      if (node.isKnown() && mask !== undefined && whenTrue !== undefined && whenFalse !== undefined) {
        return chosen(mask, whenTrue, whenFalse);
      }
      return select(node.tensor(0), node.tensor(1), node.tensor(2));
    },
  },
};
