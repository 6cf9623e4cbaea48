import { add, reshape, type Tensor } from "../graph/index.ts";
import { dense, minibatchDeviation, type Scope, type WeightTransform } from "../nn/index.ts";
import type { ArchitectureOptions } from "./architecture.ts";

/**
 * Lets a layer see how far the samples of a batch differ, where `minibatchDeviation` asks for it: adds a trained multiple of
 * the deviation of `x`, the layer's input, to each of its `outputs`, [batch, filters, height, width] or [batch, units]. It is
 * what the paper's additional channel of `x` would add by a kernel of one pixel. But a convolution over that channel would
 * have 65 where 64 fill the engine's blocks (a step of a DCGAN took a quarter longer on onnxruntime's CPU provider); and a
 * norm over the batch would take away what all its groups have in common, so the outputs are those after the norm.
 */
export function withBatchDeviation(
  scope: Scope,
  outputs: Tensor,
  x: Tensor,
  options: Pick<ArchitectureOptions, "minibatchDeviation"> & { readonly weightTransform?: WeightTransform | undefined },
): Tensor {
  if (options.minibatchDeviation !== true) return outputs;
  const { weightTransform } = options;
  const [batch = "batch", features, ...size] = outputs.shape;
  return scope.layer("deviation", (layer) => {
    const seen = dense(layer, minibatchDeviation(layer, x), {
      features: Number(features),
      bias: false,
      weightTransform,
    });
    return add(outputs, reshape(seen, [batch, Number(features), ...size.map(() => 1)]));
  });
}
