import { float, text } from "../emitter.ts";
import { defineOperator, withLayer } from "../operator.ts";
import { broadcastShapes, equalShapes, formatShape, knownDimension, shapeError } from "../shape.ts";
import type { Computed, NoAttributes, Tensor } from "../tensor.ts";
import { add, multiply, negate, square, subtract } from "./arithmetic.ts";
import { slice } from "./blocks.ts";
import { isGreater, select } from "./comparisons.ts";
import { erf, errorFunction, exp, log, sigmoid, tanh } from "./functions.ts";
import { abs, clip, minimum, rampSlope } from "./kinks.ts";
import { broadcastTo } from "./strided.ts";

/** x where x > 0, slope * x elsewhere (Maas et al. 2013). `slope` is in [0, 1). */
export function leakyRelu(x: Tensor, slope: number): Computed {
  if (!(slope >= 0 && slope < 1)) throw shapeError(withLayer("leakyRelu"), "a slope in [0, 1)", String(slope));
  return leakyReluOf([x], { slope });
}

const leakyReluOf = defineOperator<{ readonly slope: number }, 1>({
  name: "leakyRelu",
  arity: 1,
  type: ([x]) => x,
  // The output has the sign of the input, which then need not be kept for the way back.
  gradient: ({ output, attributes: { slope }, upstream }) => [multiply(upstream, rampSlope(output, slope))],
  reference: ([x], { slope }) => x.data.map((value) => (value > 0 ? value : slope * value)),
  onnx: ({ emitter, inputs, attributes: { slope } }) =>
    slope === 0
      ? emitter.node("Relu", inputs)
      : emitter.node("LeakyRelu", inputs, { attributes: { alpha: float(slope) } }),
});

/** max(x, 0). */
export const relu = (x: Tensor): Computed => leakyRelu(x, 0);

/** x where x > 0, slope * x elsewhere, with slopes that are learned (He et al. 2015) and broadcast to the shape of x. */
export function prelu(x: Tensor, slope: Tensor): Computed {
  return preluOf([x, slope], {});
}

const preluOf = defineOperator<NoAttributes, 2>({
  name: "prelu",
  arity: 2,
  type: ([x, slope], _, where) => {
    if (equalShapes(broadcastShapes(where, x.shape, slope.shape), x.shape)) return x;
    throw shapeError(where, `slopes that broadcast to ${formatShape(x.shape)}`, formatShape(slope.shape));
  },
  gradient: ({ inputs: [x, slope], upstream }) => [
    multiply(upstream, add(slope, multiply(rampSlope(x, 0), subtract(1, slope)))),
    multiply(upstream, minimum(x, 0)),
  ],
  reference: ([x, slope], _, shape) => {
    const slopes = broadcastTo(slope, shape);
    return x.data.map((value, index) => (value > 0 ? value : value * (slopes[index] ?? Number.NaN)));
  },
  onnx: ({ emitter, inputs }) => emitter.node("PRelu", inputs),
});

/** x where x > 0, alpha * (e^x - 1) elsewhere (Clevert et al. 2016). */
export function elu(x: Tensor, alpha = 1): Computed {
  return eluOf([x], { alpha });
}

const eluOf = defineOperator<{ readonly alpha: number }, 1>({
  name: "elu",
  arity: 1,
  type: ([x]) => x,
  // Where x < 0 the slope is alpha * e^x = y + alpha, elsewhere 1.
  gradient: ({ inputs: [x], attributes: { alpha }, output, upstream }) => {
    const slope = alpha === 1 ? add(minimum(output, 0), 1) : select(isGreater(x, 0), 1, add(output, alpha));
    return [multiply(upstream, slope)];
  },
  reference: ([x], { alpha }) => x.data.map((value) => (value > 0 ? value : alpha * Math.expm1(value))),
  onnx: ({ emitter, inputs, attributes: { alpha } }) =>
    emitter.node("Elu", inputs, { attributes: { alpha: float(alpha) } }),
});

/** x * sigmoid(x) (Elfwing et al. 2017; "swish" in Ramachandran et al. 2017). */
export const silu = (x: Tensor): Computed => multiply(x, sigmoid(x));

export interface GeluOptions {
  /** `tanh`: the approximation that many published models were trained with. Default: exact. */
  readonly approximate?: "tanh";
}

/** x Φ(x), with the distribution function Φ of N(0, 1) (Hendrycks and Gimpel 2016). */
export function gelu(x: Tensor, { approximate }: GeluOptions = {}): Computed {
  if (approximate === undefined) return geluOf([x], {});
  const inner = multiply(multiply(x, add(multiply(square(x), GELU_CUBIC), 1)), Math.sqrt(2 / Math.PI));
  return multiply(multiply(x, 0.5), add(tanh(inner), 1));
}

const GELU_CUBIC = 0.044715;

const geluOf = defineOperator<NoAttributes, 1>({
  name: "gelu",
  arity: 1,
  type: ([x]) => x,
  gradient: ({ inputs: [x], upstream }) => {
    const distribution = multiply(add(erf(multiply(x, Math.SQRT1_2)), 1), 0.5);
    const density = multiply(exp(multiply(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [multiply(upstream, add(distribution, multiply(x, density)))];
  },
  reference: ([x]) => x.data.map((value) => 0.5 * value * (1 + errorFunction(value * Math.SQRT1_2))),
  onnx: ({ emitter, inputs }) => emitter.node("Gelu", inputs, { attributes: { approximate: text("none") } }),
});

/** log(1 + e^x), without overflow: max(x, 0) + log(1 + e^-|x|). */
export function softplus(x: Tensor): Computed {
  const size = abs(x);
  // max(x, 0) as (x + |x|) / 2, whose slope at 0 is the right one, 1/2.
  return add(multiply(add(x, size), 0.5), log(add(exp(negate(size)), 1)));
}

export interface HardSigmoidOptions {
  /** Slope of the line. Default: 1/6, as in MobileNetV3 (Howard et al. 2019). */
  readonly slope?: number;
  /** Value of the line at 0. Default: 1/2. */
  readonly offset?: number;
}

/** The line slope * x + offset, clipped to [0, 1]. */
export function hardSigmoid(x: Tensor, { slope = 1 / 6, offset = 0.5 }: HardSigmoidOptions = {}): Tensor {
  return clip(add(multiply(x, slope), offset), { min: 0, max: 1 });
}

/** x * hardSigmoid(x) (Howard et al. 2019). */
export const hardSwish = (x: Tensor): Computed => multiply(x, hardSigmoid(x));

/** The first half of x along `axis`, times the sigmoid of the second half (Dauphin et al. 2017). */
export function glu(x: Tensor, axis: number): Computed {
  const where = withLayer("glu");
  const size = knownDimension(where, x.shape, axis);
  if (size % 2 !== 0) throw shapeError(where, `an even size at axis ${axis}`, formatShape(x.shape));
  const half = x.shape.map((own, index) => (index === axis ? size / 2 : own));
  const second = x.shape.map((_, index) => (index === axis ? size / 2 : 0));
  return multiply(
    slice(
      x,
      second.map(() => 0),
      half,
    ),
    sigmoid(slice(x, second, half)),
  );
}
