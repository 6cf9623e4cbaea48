import { glu, type Tensor } from "../../graph/index.ts";
import type { Scope } from "../network.ts";
import { type ConvolutionLayerOptions, convolution } from "./convolution.ts";

/**
 * A gated linear unit over a convolution (Dauphin et al. 2017, "Language Modeling with Gated Convolutional Networks",
 * equation 1): a * sigmoid(b), where a and b are the two halves of a convolution with twice the filters.
 * [batch, channels, height, width] -> [batch, filters, …]. Variables: those of {@link convolution}.
 */
export function gatedConvolution(scope: Scope, x: Tensor, options: ConvolutionLayerOptions): Tensor {
  return glu(convolution(scope, x, { ...options, filters: 2 * options.filters }), 1);
}
