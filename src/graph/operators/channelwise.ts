import { float } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { elementCount, formatShape, knownDimension, shapeError } from "../shape.ts";
import { type Computed, constant, type NoAttributes, type Tensor } from "../tensor.ts";
import { multiply } from "./arithmetic.ts";
import { sum } from "./reductions.ts";

/**
 * x * scale + shift with one scale and one shift a channel: [batch, channels, …], [channels], [channels].
 * It is the inference form of batch normalisation, which engines run in a single pass.
 */
export function channelAffine(x: Tensor, scale: Tensor, shift: Tensor): Computed {
  return channelAffineOf([x, scale, shift], {});
}

const channelAffineOf = defineOperator<NoAttributes, 3>({
  name: "channelAffine",
  arity: 3,
  type: ([x, scale, shift], _, where) => {
    const channels = knownDimension(where, x.shape, 1);
    for (const { shape } of [scale, shift]) {
      if (shape.length !== 1 || shape[0] !== channels)
        throw shapeError(where, `[${channels}] for ${formatShape(x.shape)}`, formatShape(shape));
    }
    return x;
  },
  gradient: ({ inputs: [x, scale], upstream }) => {
    const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
    const noShift = constant(new Float64Array(knownDimension("channelAffine", x.shape, 1)), [Number(x.shape[1])]);
    return [channelAffine(upstream, scale, noShift), sum(multiply(upstream, x), others), sum(upstream, others)];
  },
  reference: ([x, scale, shift]) => {
    const channels = x.shape[1] ?? 1;
    const inner = elementCount(x.shape.slice(2));
    return x.data.map((value, index) => {
      const channel = Math.floor(index / inner) % channels;
      return value * (scale.data[channel] ?? 0) + (shift.data[channel] ?? 0);
    });
  },
  onnx: ({ emitter, inputs: [x, scale, shift], types: [type] }) => {
    const channels = [Number(type.shape[1])];
    const zero = emitter.filled(0, channels);
    const one = emitter.filled(1, channels);
    return emitter.node("BatchNormalization", [x, scale, shift, zero, one], { attributes: { epsilon: float(0) } });
  },
});
