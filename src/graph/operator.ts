import type { Emitter } from "./emitter.ts";
import { formatShape, shapeError, type TensorType } from "./shape.ts";
import {
  type Array64,
  type Attributes,
  apply,
  type Computed,
  currentScope,
  type Operation,
  type Tensor,
} from "./tensor.ts";

/** How many inputs an operator takes; `any` for a list. */
export type Arity = 1 | 2 | 3 | "any";

export type Tuple<T, N extends Arity> = N extends 1
  ? readonly [T]
  : N extends 2
    ? readonly [T, T]
    : N extends 3
      ? readonly [T, T, T]
      : readonly T[];

/** What a gradient rule sees: the node y = f(inputs) and `upstream`, the gradient of the loss with respect to y. */
export interface GradientContext<A extends Attributes, N extends Arity> {
  readonly inputs: Tuple<Tensor, N>;
  readonly attributes: A;
  readonly output: Computed;
  readonly upstream: Tensor;
}

/** What an ONNX rule sees; it emits nodes and returns the name of the result. */
export interface OnnxContext<A extends Attributes, N extends Arity> {
  readonly emitter: Emitter;
  readonly inputs: Tuple<string, N>;
  readonly types: Tuple<TensorType, N>;
  readonly attributes: A;
  readonly output: TensorType;
}

/** Everything about one operator, side by side. A missing facet does not type-check. */
export interface Operator<A extends Attributes, N extends Arity> {
  readonly name: string;
  readonly arity: N;
  /** Checks the inputs (floats, unless `dtypes` is "any"), gives shape and data type of the result. */
  readonly type: (inputs: Tuple<TensorType, N>, attributes: A, where: string) => TensorType;
  readonly dtypes?: "any";
  /**
   * Gradient with respect to each input, made of differentiable operators; null where there is none (whole numbers).
   * A gradient may have the output's shape where the input was broadcast: autodiff sums it back in one place.
   */
  readonly gradient: (context: GradientContext<A, N>) => readonly (Tensor | null)[];
  /** The same function in float64, written for clarity: what every other form is checked against. */
  readonly reference: (inputs: Tuple<Array64, N>, attributes: A, shape: readonly number[]) => Float64Array;
  readonly onnx: (context: OnnxContext<A, N>) => string;
}

/**
 * Turns an operator's entry into the function that applies it to tensors.
 * @throws AtelierError from the returned function when the inputs do not fit; it names the layer and both sides.
 */
export function defineOperator<A extends Attributes, N extends Arity>(
  operator: Operator<A, N>,
): (inputs: Tuple<Tensor, N>, attributes: A) => Computed {
  const { name, arity } = operator;
  return (tensors, attributes) => {
    const operation: Operation = {
      name,
      attributes,
      type: (types) => {
        const where = withLayer(name);
        if (operator.dtypes !== "any") for (const type of types) assertFloat(where, type);
        return operator.type(tuple(where, types, arity), attributes, where);
      },
      gradient: (inputs, output, upstream) =>
        operator.gradient({ inputs: tuple(name, inputs, arity), attributes, output, upstream }),
      reference: (arrays, shape) => operator.reference(tuple(name, arrays, arity), attributes, shape),
      onnx: (emitter, inputs, types, output) =>
        operator.onnx({
          emitter,
          inputs: tuple(name, inputs, arity),
          types: tuple(name, types, arity),
          attributes,
          output,
        }),
    };
    return apply(operation, tensors);
  };
}

/** An operator's name and the layer that is being built, as errors show them. */
export function withLayer(name: string): string {
  return currentScope() === "" ? name : `${name} at ${currentScope()}`;
}

function assertFloat(where: string, { dtype, shape }: TensorType): void {
  if (dtype !== "float32") throw shapeError(where, "float32 inputs", `${dtype} ${formatShape(shape)}`);
}

function tuple<T, N extends Arity>(where: string, items: readonly T[], arity: N): Tuple<T, N> {
  if (hasArity(items, arity)) return items;
  throw shapeError(where, `${arity} inputs`, `${items.length}`);
}

function hasArity<T, N extends Arity>(items: readonly T[], arity: N): items is readonly T[] & Tuple<T, N> {
  return arity === "any" || items.length === arity;
}
