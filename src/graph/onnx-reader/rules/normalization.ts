import {
  add,
  channelAffine,
  concat,
  divide,
  keepAxes,
  mean,
  multiply,
  pad,
  power,
  reshape,
  slice,
  sqrt,
  square,
  subtract,
  variance,
} from "../../operators/index.ts";
import type { Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rules } from "../rule.ts";
import { euclideanNorm } from "./reductions.ts";

/** Normalisations, as a trained network applies them. */
export const normalization: Rules = {
  BatchNormalization: {
    learned: [1, 2],
    apply: (node) => {
      if (node.int("training_mode", 0) === 1) return node.refuse("statistics of the batch itself (training mode)");
      return builtIn(node) ?? standAlone(node);
    },
  },
  InstanceNormalization: {
    learned: [1, 2],
    apply: (node) => {
      const x = node.tensor(0);
      const axes = x.shape.map((_, axis) => axis).slice(2);
      return channelAffine(standardised(x, axes, node.float("epsilon", 1e-5)), node.tensor(1), node.tensor(2));
    },
  },
  GroupNormalization: {
    learned: [1, 2],
    apply: (node) => {
      const x = node.tensor(0);
      const groups = node.int("num_groups", 1);
      const [batch = 1, channels = 1, ...pixels] = x.shape;
      const each = Number(channels) / groups;
      const grouped = reshape(x, [batch, groups, each, ...pixels]);
      const axes = grouped.shape.map((_, axis) => axis).slice(2);
      const y = reshape(standardised(grouped, axes, node.float("epsilon", 1e-5)), x.shape);
      const [scale, shift] = [1, 2].map((index) => perChannel(node.tensor(index), groups, each));
      return channelAffine(y, scale ?? node.tensor(1), shift ?? node.tensor(2));
    },
  },
  LayerNormalization: {
    learned: [1, 2],
    apply: (node) => {
      const x = node.tensor(0);
      const first = node.axis(node.int("axis", -1), x.shape);
      const axes = x.shape.map((_, axis) => axis).slice(first);
      const scaled = multiply(standardised(x, axes, node.float("epsilon", 1e-5)), node.tensor(1));
      const shift = node.optionalTensor(2);
      return shift === undefined ? scaled : add(scaled, shift);
    },
  },
  RMSNormalization: {
    learned: [1],
    apply: (node) => {
      const x = node.tensor(0);
      const first = node.axis(node.int("axis", -1), x.shape);
      const axes = x.shape.map((_, axis) => axis).slice(first);
      const size = sqrt(add(mean(square(x), axes), node.float("epsilon", 1e-5)));
      return multiply(divide(x, keepAxes(size, x, axes)), node.tensor(1));
    },
  },
  MeanVarianceNormalization: {
    apply: (node) => {
      const x = node.tensor(0);
      const axes = (node.list("axes") ?? [0, 2, 3]).map((axis) => node.axis(axis, x.shape));
      return standardised(x, axes, 1e-18);
    },
  },
  LpNormalization: {
    apply: (node) => {
      const x = node.tensor(0);
      if (node.int("p", 2) !== 2) return node.refuse("a norm other than the Euclidean one");
      const axis = node.axis(node.int("axis", -1), x.shape);
      return divide(x, keepAxes(euclideanNorm(x, [axis]), x, [axis]));
    },
  },
  /** Local response normalisation (Krizhevsky et al. 2012): each channel by the energy of its neighbours. */
  LRN: {
    apply: (node) => {
      const x = node.tensor(0);
      const size = node.int("size", 1);
      const before = Math.floor((size - 1) / 2);
      const only = (count: number) => x.shape.map((_, axis) => (axis === 1 ? count : 0));
      const padded = pad(square(x), only(before), only(size - 1 - before));
      const neighbours = Array.from({ length: size }, (_, start) => slice(padded, only(start), x.shape));
      const energy = neighbours.reduce((total, next) => add(total, next));
      const scale = add(multiply(energy, node.float("alpha", 1e-4) / size), node.float("bias", 1));
      return multiply(x, power(scale, -node.float("beta", 0.75)));
    },
  },
};

/** (x - mean) / sqrt(variance + epsilon), both taken over `axes`. */
function standardised(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const spread = sqrt(add(variance(x, axes), epsilon));
  return divide(subtract(x, keepAxes(mean(x, axes), x, axes)), keepAxes(spread, x, axes));
}

/** One number a channel from one a channel, or from one a group (before operator set 21). */
function perChannel(values: Tensor, groups: number, each: number): Tensor {
  if (values.shape[0] === groups * each) return values;
  return reshape(
    concat(
      Array.from({ length: each }, () => reshape(values, [groups, 1])),
      1,
    ),
    [groups * each],
  );
}

/** Batch normalisation built into the weights of the layer before it, where all of them are constants. */
function builtIn(node: NodeContext): Tensor | undefined {
  const refit = node.isOnlyUse(0) ? node.refitOf(node.tensor(0)) : undefined;
  const [scale, shift, center, spread] = [1, 2, 3, 4].map((index) => {
    const tensor = node.tensor(index);
    return tensor.kind === "constant" ? tensor.values : undefined;
  });
  if (!refit || !scale || !shift || !center || !spread) return undefined;
  const epsilon = node.float("epsilon", 1e-5);
  const gain = Float64Array.from(scale, (value, channel) => value / Math.sqrt((spread[channel] ?? 1) + epsilon));
  return refit(
    gain,
    gain.map((factor, channel) => (shift[channel] ?? 0) - factor * (center[channel] ?? 0)),
    node,
  );
}

/** Batch normalisation on its own: x * gain + offset a channel, with the stored statistics. */
function standAlone(node: NodeContext): Tensor {
  const [scale, shift, center, spread] = [node.tensor(1), node.tensor(2), node.tensor(3), node.tensor(4)];
  const gain = divide(scale, sqrt(add(spread, node.float("epsilon", 1e-5))));
  return channelAffine(node.tensor(0), gain, subtract(shift, multiply(center, gain)));
}
