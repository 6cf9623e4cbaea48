import { reshape, type Tensor } from "../graph/index.ts";
import { minibatchDeviation, type Scope } from "../nn/index.ts";
import type { ArchitectureOptions } from "./architecture.ts";

/**
 * Appends how far the samples of a batch differ, where `minibatchDeviation` asks for it: one more channel of maps
 * [batch, channels, height, width], one more unit of [batch, features].
 */
export function withBatchDeviation(
  scope: Scope,
  x: Tensor,
  { minibatchDeviation: wanted = false }: Pick<ArchitectureOptions, "minibatchDeviation">,
): Tensor {
  if (!wanted) return x;
  if (x.shape.length !== 2) return minibatchDeviation(scope, x);
  const [batch = "batch", features = 1] = x.shape;
  const seen = minibatchDeviation(scope, reshape(x, [batch, features, 1, 1]));
  return reshape(seen, [batch, Number(features) + 1]);
}
