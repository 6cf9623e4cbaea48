import type { Tensor } from "../graph/index.ts";
import { batchNorm, instanceNorm, layerNorm, type Scope, spectralNorm, type WeightTransform } from "../nn/index.ts";

/** How the layers of a discriminator are kept in scale; `spectral-batch` is spectral and batch normalisation together. */
export const discriminatorNormNames = ["batch", "instance", "layer", "spectral", "spectral-batch", "none"] as const;
export type DiscriminatorNorm = (typeof discriminatorNormNames)[number];

/** Whether samples of a batch influence each other through the norm: gradient penalties by sample have no meaning then. */
export function usesBatchStatistics(norm: DiscriminatorNorm): boolean {
  return norm === "batch" || norm === "spectral-batch";
}

/** What a norm asks of an architecture. */
export interface Normalisation {
  /** For every weight of the network; undefined where weights are used as they are. */
  readonly weightTransform: WeightTransform | undefined;
  /** Whether a layer before `normalised` keeps its bias: not where the norm takes the mean away. */
  readonly bias: boolean;
  /** What follows a layer: [batch, channels, height, width] or [batch, features] to the same shape. */
  readonly normalised: (scope: Scope, x: Tensor) => Tensor;
}

export function normalisationOf(norm: DiscriminatorNorm): Normalisation {
  switch (norm) {
    case "batch":
      return { weightTransform: undefined, bias: false, normalised: (scope, x) => batchNorm(scope, x) };
    case "instance":
      return { weightTransform: undefined, bias: false, normalised: (scope, x) => instanceNorm(scope, x) };
    case "layer":
      return { weightTransform: undefined, bias: false, normalised: layerNormalised };
    case "spectral":
      return { weightTransform: spectralNorm, bias: true, normalised: (_scope, x) => x };
    case "spectral-batch":
      return { weightTransform: spectralNorm, bias: false, normalised: (scope, x) => batchNorm(scope, x) };
    case "none":
      return { weightTransform: undefined, bias: true, normalised: (_scope, x) => x };
  }
}

function layerNormalised(scope: Scope, x: Tensor): Tensor {
  return layerNorm(scope, x, { over: x.shape.length === 2 ? "last" : "sample" });
}
