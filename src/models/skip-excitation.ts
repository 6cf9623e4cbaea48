import { multiply, reshape, resize2d, sigmoid, silu, type Tensor } from "../graph/index.ts";
import { dense, type Scope } from "../nn/index.ts";
import { flattened } from "./architecture.ts";

/** Side of the summary of the small map. */
const SIDE = 4;

/**
 * Skip-layer excitation (Liu et al. 2021, section 3.1): each channel of a large map times a factor in (0, 1), which two
 * layers compute from a small map of the same sample, averaged to 4x4 pixels:
 *
 *   large * sigmoid(W2 silu(W1 small))
 *
 * [batch, channels, height, width] -> the same shape. W1 is the paper's 4x4 convolution, which has one position here.
 */
export function excited(scope: Scope, large: Tensor, small: Tensor): Tensor {
  const [batch = "batch", channels = 1] = large.shape;
  const features = Number(channels);
  const summary = flattened(resize2d(small, { size: [SIDE, SIDE], mode: "bilinear", antialias: true }));
  const hidden = scope.layer("first", (layer) => silu(dense(layer, summary, { features, bias: false })));
  const gate = scope.layer("second", (layer) => sigmoid(dense(layer, hidden, { features, bias: false })));
  return multiply(large, reshape(gate, [batch, features, 1, 1]));
}
