import type { Emitter } from "./emitter.ts";
import { type DataType, formatShape, knownElementCount, type Shape, shapeError, type TensorType } from "./shape.ts";

/** Numbers of a constant, row-major. */
export type Values = Float64Array | Float32Array;

/** A value fed at every run, or a piece of a program's state; found again by its name. */
export interface Input extends TensorType {
  readonly kind: "input";
  readonly name: string;
}

/** A value fixed when the graph was built. */
export interface Constant extends TensorType {
  readonly kind: "constant";
  readonly values: Values;
}

/** The result of an operation on other tensors. */
export interface Computed extends TensorType {
  readonly kind: "computed";
  readonly operation: Operation;
  readonly inputs: readonly Tensor[];
  /** The layer that made it, such as `generator/up2`; empty outside layers. */
  readonly scope: string;
}

/** An immutable node of the symbolic graph. It has a type but no numbers; a program computes those. */
export type Tensor = Input | Constant | Computed;

export type AttributeValue = number | string | readonly (number | string)[];
export type Attributes = Readonly<Record<string, AttributeValue>>;
export type NoAttributes = Readonly<Record<string, never>>;

/** An operator with its attributes bound: what a computed node holds. See `operator.ts` for the rules behind it. */
export interface Operation {
  readonly name: string;
  readonly attributes: Attributes;
  readonly type: (inputs: readonly TensorType[]) => TensorType;
  readonly gradient: (inputs: readonly Tensor[], output: Computed, upstream: Tensor) => readonly (Tensor | null)[];
  readonly reference: (inputs: readonly Array64[], shape: readonly number[]) => Float64Array;
  readonly onnx: (
    emitter: Emitter,
    inputs: readonly string[],
    types: readonly TensorType[],
    output: TensorType,
  ) => string;
}

/** Numbers of a tensor in the float64 reference, row-major. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Declares a value that is fed by name. */
export function input(name: string, shape: Shape, dtype: DataType = "float32"): Input {
  return Object.freeze({ kind: "input", name, shape, dtype });
}

/** A float32 constant of the given shape; `values` are row-major. */
export function constant(values: Values, shape: readonly number[]): Constant {
  if (values.length !== knownElementCount(shape)) {
    throw shapeError(
      "constant",
      `${knownElementCount(shape)} values for shape ${formatShape(shape)}`,
      `${values.length}`,
    );
  }
  return Object.freeze({ kind: "constant", values, shape, dtype: "float32" });
}

/** A float32 constant of shape []. */
export function scalar(value: number): Constant {
  return constant(Float64Array.of(value), []);
}

/** A number is taken as a scalar constant wherever a tensor is expected. */
export function toTensor(value: Tensor | number): Tensor {
  return typeof value === "number" ? scalar(value) : value;
}

/** Applies an operation; its type rule checks the inputs and gives the result's shape and data type. */
export function apply(operation: Operation, inputs: readonly Tensor[]): Computed {
  const { shape, dtype } = operation.type(inputs);
  return Object.freeze({ kind: "computed", operation, inputs, scope: currentScope(), shape, dtype });
}

// The scope is ambient only while a layer builds its part of the graph, which is synchronous: graph functions read like
// formulas because they need not be told which layer they serve.
let scope = "";

export function currentScope(): string {
  return scope;
}

/** Runs `build` so that every tensor it makes, and every shape error in it, carries the layer's path. */
export function withScope<T>(path: string, build: () => T): T {
  const outer = scope;
  scope = path;
  try {
    return build();
  } finally {
    scope = outer;
  }
}
