import { int } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { formatShape, shapeError } from "../shape.ts";
import type { Computed, Tensor } from "../tensor.ts";
import { add, multiply, subtract } from "./arithmetic.ts";
import { exp, log } from "./functions.ts";
import { stopGradient } from "./movement.ts";
import { keepAxes, max, sum } from "./reductions.ts";

/** e^x divided by its sum along `axis`, so that it adds up to 1 there; exact for elements of any size. */
export function softmax(x: Tensor, axis: number): Computed {
  return softmaxOf([x], { axis });
}

const softmaxOf = defineOperator<{ readonly axis: number }, 1>({
  name: "softmax",
  arity: 1,
  type: ([x], { axis }, where) => {
    if (x.shape[axis] === undefined) throw shapeError(where, `a tensor with axis ${axis}`, formatShape(x.shape));
    return x;
  },
  gradient: ({ inputs: [x], attributes: { axis }, output, upstream }) => {
    const average = keepAxes(sum(multiply(upstream, output), [axis]), x, [axis]);
    return [multiply(output, subtract(upstream, average))];
  },
  reference: ([x], { axis }, shape) => {
    const result = new Float64Array(x.data.length);
    const size = shape[axis] ?? 1;
    const stride = shape.slice(axis + 1).reduce((product, own) => product * own, 1);
    for (let line = 0; line < x.data.length / size; line++) {
      const first = Math.floor(line / stride) * stride * size + (line % stride);
      const places = Array.from({ length: size }, (_, place) => first + place * stride);
      const largest = Math.max(...places.map((place) => x.data[place] ?? 0));
      const powers = places.map((place) => Math.exp((x.data[place] ?? 0) - largest));
      const total = powers.reduce((partial, value) => partial + value, 0);
      places.forEach((place, index) => {
        result[place] = (powers[index] ?? 0) / total;
      });
    }
    return result;
  },
  onnx: ({ emitter, inputs, attributes: { axis } }) =>
    emitter.node("Softmax", inputs, { attributes: { axis: int(axis) } }),
});

/** The logarithm of {@link softmax}, without its underflow. */
export function logSoftmax(x: Tensor, axis: number): Computed {
  const shifted = subtract(x, keepAxes(stopGradient(max(x, [axis])), x, [axis]));
  return subtract(shifted, keepAxes(log(sum(exp(shifted), [axis])), x, [axis]));
}

/** log Σ e^x over `axes`, which disappear from the shape, without overflow. */
export function logSumExp(x: Tensor, axes: readonly number[]): Computed {
  const largest = stopGradient(max(x, axes));
  return add(log(sum(exp(subtract(x, keepAxes(largest, x, axes))), axes)), largest);
}
