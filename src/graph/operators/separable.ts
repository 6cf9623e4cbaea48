import type { Emitter } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { formatShape, knownDimension, shapeError, type TensorType } from "../shape.ts";
import type { Array64, Attributes, Computed, Tensor } from "../tensor.ts";

// Many ways to resize, pool or pad a picture do so first along one axis and then along the other: Y = A X Bᵀ with
// constant matrices A and B. The adjoint of such a map is Aᵀ Y B, another of the kind, so gradients of any order are
// exact and stay among the two.

/** Weights [rows, columns], row-major: row i says how pixel i of the result is made of pixels of the input. */
export interface Weights {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** Sizes [height, width] that a map leads from and to. */
export type Sizes = { readonly from: readonly [number, number]; readonly to: readonly [number, number] };

/** Height and width of pictures [batch, channels, height, width]. */
export function pictureSize(where: string, { shape }: TensorType): readonly [number, number] {
  if (shape.length !== 4) throw shapeError(where, "[batch, channels, height, width]", formatShape(shape));
  return [knownDimension(where, shape, 2), knownDimension(where, shape, 3)];
}

type Form<A> = (emitter: Emitter, x: string, attributes: A, type: TensorType) => string | undefined;

export interface SeparableMap<A extends Attributes & Sizes> {
  readonly name: string;
  /** The weights of an axis, 0 vertical or 1 horizontal: as many rows as `to` says, and columns as `from` says. */
  readonly weights: (attributes: A, axis: 0 | 1) => Weights;
  /** A better form than two matrix products, where there is one. */
  readonly onnx?: Form<A>;
  /** The same for the adjoint. */
  readonly adjointOnnx?: Form<A>;
}

/** The operator [..., from] -> [..., to] of a separable map; its gradient is the map's adjoint. */
export function defineSeparable<A extends Attributes & Sizes>({
  name,
  weights,
  onnx,
  adjointOnnx,
}: SeparableMap<A>): (x: Tensor, attributes: A) => Computed {
  const forward: (inputs: readonly [Tensor], attributes: A) => Computed = defineOperator<A, 1>({
    name,
    arity: 1,
    type: ([x], { from, to }, where) => resized(x, from, to, where),
    gradient: ({ attributes, upstream }) => [adjoint([upstream], attributes)],
    reference: ([x], attributes) => product(weights(attributes, 0), x, weights(attributes, 1)),
    onnx: ({ emitter, inputs: [x], types: [type], attributes }) =>
      onnx?.(emitter, x, attributes, type) ?? emitProduct(emitter, weights(attributes, 0), x, weights(attributes, 1)),
  });
  const adjointWeights = (attributes: A, axis: 0 | 1) => transposed(weights(attributes, axis));
  const adjoint = defineOperator<A, 1>({
    name: `${name}Adjoint`,
    arity: 1,
    type: ([x], { from, to }, where) => resized(x, to, from, where),
    gradient: ({ attributes, upstream }) => [forward([upstream], attributes)],
    reference: ([x], attributes) => product(adjointWeights(attributes, 0), x, adjointWeights(attributes, 1)),
    onnx: ({ emitter, inputs: [x], types: [type], attributes }) =>
      adjointOnnx?.(emitter, x, attributes, type) ??
      emitProduct(emitter, adjointWeights(attributes, 0), x, adjointWeights(attributes, 1)),
  });
  return (x, attributes) => forward([x], attributes);
}

/** Weights from the terms (column, weight) of each row; terms of the same column add up. */
export function weightsOf(
  rows: number,
  columns: number,
  terms: (row: number) => readonly (readonly [column: number, weight: number])[],
): Weights {
  const values = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (const [column, weight] of terms(row)) {
      values[row * columns + column] = (values[row * columns + column] ?? 0) + weight;
    }
  }
  return { rows, columns, values };
}

function resized(
  { shape, dtype }: TensorType,
  from: readonly number[],
  to: readonly number[],
  where: string,
): TensorType {
  const fits = shape.length >= 2 && from.every((size, axis) => size === shape.at(axis - 2));
  if (!fits) throw shapeError(where, `a picture of ${formatShape(from)} pixels`, formatShape(shape));
  return { shape: [...shape.slice(0, -2), ...to], dtype };
}

function transposed({ rows, columns, values }: Weights): Weights {
  const turned = values.map((_, index) => values[(index % rows) * columns + Math.floor(index / rows)] ?? 0);
  return { rows: columns, columns: rows, values: turned };
}

/** A X Bᵀ for every picture X. */
function product(vertical: Weights, x: Array64, horizontal: Weights): Float64Array {
  return alongAxis(vertical, alongAxis(horizontal, x.data, 1), horizontal.rows);
}

/** [outer, columns, inner] -> [outer, rows, inner]: every line of pixels, multiplied by the weights. */
function alongAxis({ rows, columns, values }: Weights, data: Float64Array, inner: number): Float64Array {
  const outer = data.length / (columns * inner);
  const result = new Float64Array(outer * rows * inner);
  for (let line = 0; line < outer; line++) {
    for (let element = 0; element < values.length; element++) {
      const weight = values[element] ?? 0;
      if (weight === 0) continue;
      const to = (line * rows + Math.floor(element / columns)) * inner;
      const from = (line * columns + (element % columns)) * inner;
      for (let index = 0; index < inner; index++) {
        result[to + index] = (result[to + index] ?? 0) + weight * (data[from + index] ?? 0);
      }
    }
  }
  return result;
}

function emitProduct(emitter: Emitter, vertical: Weights, x: string, horizontal: Weights): string {
  const constant = ({ rows, columns, values }: Weights) => emitter.floats(Float32Array.from(values), [rows, columns]);
  const alongRows = (name: string) =>
    isIdentity(horizontal) ? name : emitter.node("MatMul", [name, constant(transposed(horizontal))]);
  const alongColumns = (name: string) =>
    isIdentity(vertical) ? name : emitter.node("MatMul", [constant(vertical), name]);
  // Multiplications for one picture, by the axis that goes first.
  const rowsFirst = horizontal.rows * vertical.columns * (horizontal.columns + vertical.rows);
  const columnsFirst = vertical.rows * horizontal.columns * (vertical.columns + horizontal.rows);
  return rowsFirst <= columnsFirst ? alongColumns(alongRows(x)) : alongRows(alongColumns(x));
}

function isIdentity({ rows, columns, values }: Weights): boolean {
  return rows === columns && values.every((weight, index) => weight === Number(index % (columns + 1) === 0));
}
