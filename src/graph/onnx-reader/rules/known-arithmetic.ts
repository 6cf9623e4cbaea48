import { expand } from "../../operators/index.ts";
import { broadcastShapes, type Dimension, equalShapes } from "../../shape.ts";
import { scalar, type Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rule } from "../rule.ts";
import { asKnown, type Known, type KnownType, known, moveKnown, type Value } from "../values.ts";

interface Pair {
  readonly left: number;
  readonly right: number;
  /** Whether these are whole numbers, whose quotient is cut to a whole one. */
  readonly whole: boolean;
}

/** What an operation makes of the open batch size and another size; undefined where that cannot be said. */
type BatchRule = (left: Dimension, right: Dimension) => Dimension | undefined;

const never: BatchRule = () => undefined;

export function binary(
  tensors: ((left: Tensor, right: Tensor) => Tensor) | undefined,
  numbers: (pair: Pair) => number,
  batch: BatchRule = never,
): Rule {
  return {
    apply: (node) => {
      if (node.isKnown()) return combined(node, numbers, batch);
      const [left, right] = [node.tensor(0), node.tensor(1)];
      return tensors?.(left, right) ?? refuseTensors(node);
    },
  };
}

export function comparison(
  tensors: (left: Tensor, right: Tensor) => Tensor,
  numbers: (left: number, right: number) => boolean,
  batch: BatchRule = never,
): Rule {
  return {
    apply: (node) =>
      node.isKnown()
        ? combined(node, ({ left, right }) => Number(numbers(left, right)), batch, "boolean")
        : tensors(node.tensor(0), node.tensor(1)),
  };
}

export function variadic(
  tensors: (left: Tensor, right: Tensor) => Tensor,
  numbers: (left: number, right: number) => number,
  batch: BatchRule = never,
): Rule {
  return {
    apply: (node) => {
      const values = node.values();
      const all = values.map(asKnown).filter((value) => value !== undefined);
      if (!node.isKnown()) return values.map((value) => node.asTensor(value)).reduce(tensors);
      return all.reduce((left, right) => combine(node, [left, right], (pair) => numbers(pair.left, pair.right), batch));
    },
  };
}

export function unary(tensors: ((x: Tensor) => Tensor) | undefined, numbers: (x: number) => number): Rule {
  return {
    apply: (node) => {
      if (!node.isKnown()) return tensors?.(node.tensor(0)) ?? refuseTensors(node);
      const { dtype, shape } = node.known(0);
      // A rounded or negated open batch size would be no size.
      return known(dtype, shape, node.numbers(0).map(numbers));
    },
  };
}

function refuseTensors(node: NodeContext): never {
  return node.refuse("numbers that depend on the input; only sizes and other numbers known beforehand have a rule");
}

export function combined(
  node: NodeContext,
  numbers: (pair: Pair) => number,
  batch: BatchRule = never,
  dtype?: KnownType,
): Known {
  return combine(node, [node.known(0), node.known(1)], numbers, batch, dtype);
}

function combine(
  node: NodeContext,
  [first, second]: readonly [Known, Known],
  numbers: (pair: Pair) => number,
  batch: BatchRule,
  dtype: KnownType = first.dtype,
): Known {
  const [one, other] = together([first, second]);
  const whole = first.dtype !== "float";
  const values = (one?.values ?? []).map((left, index) => {
    const right = other?.values[index] ?? 0;
    if (left !== "batch" && right !== "batch") return numbers({ left, right, whole });
    return (left === "batch" ? batch(left, right) : swapped(node, batch, left)) ?? openBatch(node);
  });
  return known(dtype, one?.shape ?? [], values);
}

/** The rule for (number, batch), where the operation commutes. */
function swapped(node: NodeContext, batch: BatchRule, left: number): Dimension | undefined {
  return commutative.has(node.node.operator) ? batch("batch", left) : undefined;
}

const commutative = new Set(["Add", "Mul", "Max", "Min", "Equal"]);

function openBatch(node: NodeContext): never {
  return node.failOpenBatch("numbers");
}

/** Known numbers broadcast to one shape. */
function together(values: readonly Known[]): readonly Known[] {
  const shape = values
    .map((value) => value.shape)
    .reduce<readonly number[]>((left, right) => broadcastShapes("arithmetic on sizes", left, right).map(Number), []);
  return values.map((value) =>
    equalShapes(value.shape, shape) ? value : moveKnown([value], ([x]) => expand(x ?? scalar(0), shape)),
  );
}

export function chosen(mask: Known, whenTrue: Known, whenFalse: Known): Value {
  const [chooses, one, other] = together([mask, whenTrue, whenFalse]);
  const values = (chooses?.values ?? []).map((truth, index) => (truth === 0 ? other : one)?.values[index] ?? 0);
  return known(whenTrue.dtype, one?.shape ?? [], values);
}
