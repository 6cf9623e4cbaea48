import type { ConvolutionGeometry } from "../lowering/convolution-case.ts";
import { elementCount } from "../shape.ts";

/** Shapes of the image, kernel and response of a convolution. */
export interface Contraction {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
}

/** Visits every product x[n, c, i, j] w[k, c', a, b] y[n, k, p, q] of a convolution by the indices of its factors. */
export function contract(
  { x, w, y }: Contraction,
  { strides, padding, dilations, groups }: ConvolutionGeometry,
  resultShape: readonly number[],
  accumulate: (result: Float64Array, x: number, w: number, y: number) => void,
): Float64Array {
  const result = new Float64Array(elementCount(resultShape));
  const [batch = 0, channels = 0, height = 0, width = 0] = x;
  const [filters = 0, groupChannels = 0, rows = 0, columns = 0] = w;
  const [, , outRows = 0, outColumns = 0] = y;
  for (let n = 0; n < batch; n++)
    for (let k = 0; k < filters; k++)
      for (let c = 0; c < groupChannels; c++) {
        const channel = Math.floor(k / (filters / groups)) * groupChannels + c;
        for (let p = 0; p < outRows; p++)
          for (let q = 0; q < outColumns; q++)
            for (let a = 0; a < rows; a++)
              for (let b = 0; b < columns; b++) {
                const i = p * strides[0] - padding[0] + a * dilations[0];
                const j = q * strides[1] - padding[1] + b * dilations[1];
                if (i < 0 || i >= height || j < 0 || j >= width) continue;
                accumulate(
                  result,
                  ((n * channels + channel) * height + i) * width + j,
                  ((k * groupChannels + c) * rows + a) * columns + b,
                  ((n * filters + k) * outRows + p) * outColumns + q,
                );
              }
      }
  return result;
}
