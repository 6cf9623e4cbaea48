import type { Tensor } from "../graph/index.ts";
import { batchNorm, instanceNorm, layerNorm, type Scope, spectralNorm, type WeightTransform } from "../nn/index.ts";

/** How the layers of a discriminator are kept in scale. */
export const discriminatorNormNames = ["batch", "instance", "layer", "spectral", "none"] as const;
export type DiscriminatorNorm = (typeof discriminatorNormNames)[number];

/** Whether samples of a batch influence each other through the norm: gradient penalties by sample have no meaning then. */
export function usesBatchStatistics(norm: DiscriminatorNorm): boolean {
  return norm === "batch";
}

/** What a norm asks of an architecture. */
export interface Normalisation {
  /** For every weight of the network; undefined where weights are used as they are. */
  readonly weightTransform: WeightTransform | undefined;
  /** Whether a layer before `normalised` keeps its bias: not where the norm takes the mean away. */
  readonly bias: boolean;
  /** The layer after a convolution: [batch, channels, height, width] to the same shape. */
  readonly normalised: (scope: Scope, x: Tensor) => Tensor;
}

export function normalisationOf(norm: DiscriminatorNorm): Normalisation {
  switch (norm) {
    case "batch":
      return { weightTransform: undefined, bias: false, normalised: (scope, x) => batchNorm(scope, x) };
    case "instance":
      return { weightTransform: undefined, bias: false, normalised: (scope, x) => instanceNorm(scope, x) };
    case "layer":
      return {
        weightTransform: undefined,
        bias: false,
        normalised: (scope, x) => layerNorm(scope, x, { over: "sample" }),
      };
    case "spectral":
      return { weightTransform: spectralNorm, bias: true, normalised: (_scope, x) => x };
    case "none":
      return { weightTransform: undefined, bias: true, normalised: (_scope, x) => x };
  }
}
