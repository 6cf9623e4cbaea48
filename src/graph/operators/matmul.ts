import { emitMatmul } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { elementCount, equalShapes, formatShape, type Shape, shapeError, type TensorType } from "../shape.ts";
import type { Array64, Computed, Tensor } from "../tensor.ts";

export interface MatmulOptions {
  /** Use the left matrices transposed. Default: false. */
  readonly transposeLeft?: boolean;
  /** Use the right matrices transposed. Default: false. */
  readonly transposeRight?: boolean;
}

/**
 * Matrix product of [..., rows, inner] and [..., inner, columns]; the leading dimensions are equal.
 * The transposed forms are run without moving data.
 */
export function matmul(
  left: Tensor,
  right: Tensor,
  { transposeLeft = false, transposeRight = false }: MatmulOptions = {},
): Computed {
  return matmulOf([left, right], { transposeLeft: Number(transposeLeft), transposeRight: Number(transposeRight) });
}

type Transposes = { readonly transposeLeft: number; readonly transposeRight: number };

const matmulOf = defineOperator<Transposes, 2>({
  name: "matmul",
  arity: 2,
  type: ([left, right], { transposeLeft, transposeRight }, where) => {
    const [rows, inner] = matrixShape(left, transposeLeft);
    const [innerRight, columns] = matrixShape(right, transposeRight);
    const leading = left.shape.slice(0, -2);
    if (
      inner !== innerRight ||
      rows === undefined ||
      columns === undefined ||
      !equalShapes(leading, right.shape.slice(0, -2))
    ) {
      throw shapeError(where, `a matrix of ${inner} rows for ${formatShape(left.shape)}`, formatShape(right.shape));
    }
    return { shape: [...leading, rows, columns], dtype: "float32" };
  },
  gradient: ({ inputs: [left, right], attributes, upstream }) => {
    const transposeLeft = attributes.transposeLeft === 1;
    const transposeRight = attributes.transposeRight === 1;
    return [
      transposeLeft
        ? matmul(right, upstream, { transposeLeft: transposeRight, transposeRight: true })
        : matmul(upstream, right, { transposeRight: !transposeRight }),
      transposeRight
        ? matmul(upstream, left, { transposeLeft: true, transposeRight: transposeLeft })
        : matmul(left, upstream, { transposeLeft: !transposeLeft }),
    ];
  },
  reference: ([left, right], { transposeLeft, transposeRight }, shape) => {
    const rows = shape.at(-2) ?? 1;
    const columns = shape.at(-1) ?? 1;
    const inner = left.shape.at(transposeLeft === 1 ? -2 : -1) ?? 1;
    const matrices = elementCount(shape.slice(0, -2));
    const result = new Float64Array(matrices * rows * columns);
    for (let matrix = 0; matrix < matrices; matrix++) {
      const element = (array: Array64, row: number, column: number, width: number) =>
        array.data[(matrix * array.data.length) / matrices + row * width + column] ?? 0;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let total = 0;
          for (let k = 0; k < inner; k++) {
            const a = transposeLeft === 1 ? element(left, k, row, rows) : element(left, row, k, inner);
            const b = transposeRight === 1 ? element(right, column, k, inner) : element(right, k, column, columns);
            total += a * b;
          }
          result[(matrix * rows + row) * columns + column] = total;
        }
      }
    }
    return result;
  },
  onnx: ({ emitter, inputs: [left, right], types: [leftType, rightType], attributes }) =>
    emitMatmul(
      emitter,
      { name: left, rank: leftType.shape.length, transposed: attributes.transposeLeft === 1 },
      { name: right, rank: rightType.shape.length, transposed: attributes.transposeRight === 1 },
    ),
});

/** Rows and columns of the matrices after the wanted transposition. */
function matrixShape({ shape }: TensorType, transposed: number): Shape {
  const matrix = shape.slice(-2);
  return transposed === 1 ? matrix.toReversed() : matrix;
}
