import {
  add,
  elementCount,
  formatShape,
  matmul,
  multiply,
  reshape,
  type Shape,
  shapeError,
  softmax,
  type Tensor,
} from "../../graph/index.ts";
import { filled } from "../initializers.ts";
import type { Scope } from "../network.ts";
import { convolution } from "./convolution.ts";
import type { WeightTransform } from "./weight-transforms.ts";

export interface SelfAttentionOptions {
  /** Channels of queries, keys and values. Default: an eighth of x's, at least 1. */
  readonly inner?: number;
  /** For all four convolutions. Default: none. */
  readonly weightTransform?: WeightTransform | undefined;
}

/**
 * Self-attention over the pixels of [batch, channels, height, width] (Zhang et al. 2019, "Self-Attention Generative
 * Adversarial Networks", equations 1 to 3), of the same shape:
 *
 *   y_j = x_j + gamma W_v sum_i softmax_i(f(x_i) . g(x_j)) h(x_i)
 *
 * Keys f, queries g and values h are convolutions of 1 pixel. Variables: gamma [], 0 at first; `keys`, `queries`, `values`
 * and `output`, each a {@link convolution}. Memory grows as (height width)^2.
 */
export function selfAttention2d(scope: Scope, x: Tensor, options: SelfAttentionOptions = {}): Tensor {
  const { channels } = positionsOf(scope, x.shape);
  const { inner = Math.max(1, Math.floor(channels / 8)), weightTransform } = options;
  const attended = attention(scope, x, { heads: 1, inner, weightTransform, scale: 1 });
  return add(x, multiply(attended, scope.parameter("gamma", [], filled(0))));
}

export interface MultiHeadAttentionOptions {
  /** Number of attentions side by side; it divides `inner`. */
  readonly heads: number;
  /** Channels of queries, keys and values, of all heads together. Default: x's channels. */
  readonly inner?: number;
  readonly weightTransform?: WeightTransform | undefined;
}

/**
 * Multi-head self-attention (Vaswani et al. 2017, "Attention Is All You Need", section 3.2) over the positions of
 * [batch, channels, …positions], such as [batch, features, tokens] or the pixels of a map; of the same shape. Scores are
 * divided by sqrt(inner / heads). Variables: `keys`, `queries`, `values` and `output`, each a {@link convolution}.
 * @throws AtelierError when the heads do not divide `inner`.
 */
export function multiHeadAttention(scope: Scope, x: Tensor, options: MultiHeadAttentionOptions): Tensor {
  const { channels } = positionsOf(scope, x.shape);
  const { heads, inner = channels, weightTransform } = options;
  if (inner % heads !== 0) throw shapeError(scope.path, `heads that divide ${inner} channels`, `${heads}`);
  return attention(scope, x, { heads, inner, weightTransform, scale: Math.sqrt(heads / inner) });
}

interface AttentionForm {
  readonly heads: number;
  readonly inner: number;
  readonly weightTransform: WeightTransform | undefined;
  readonly scale: number;
}

function attention(scope: Scope, x: Tensor, { heads, inner, weightTransform, scale }: AttentionForm): Tensor {
  const [batch = "batch"] = x.shape;
  const { channels, positions } = positionsOf(scope, x.shape);
  const pixels = reshape(x, [batch, channels, positions, 1]);
  const projected = (name: string) => reshape(pointwise(name, pixels, inner), [batch, heads, inner / heads, positions]);
  // Scaling the queries, not the scores, touches the fewest numbers.
  const queries = multiply(projected("queries"), scale);
  const scores = matmul(queries, projected("keys"), { transposeLeft: true });
  const mixed = matmul(projected("values"), softmax(scores, 3), { transposeRight: true });
  return reshape(pointwise("output", reshape(mixed, [batch, inner, positions, 1]), channels), x.shape);

  function pointwise(name: string, from: Tensor, filters: number): Tensor {
    return scope.layer(name, (layer) => convolution(layer, from, { filters, kernel: 1, bias: false, weightTransform }));
  }
}

function positionsOf(scope: Scope, shape: Shape): { readonly channels: number; readonly positions: number } {
  const [, channels, ...positions] = shape;
  if (typeof channels === "number" && positions.length > 0)
    return { channels, positions: elementCount(positions.map(Number)) };
  throw shapeError(scope.path, "[batch, channels, …positions]", formatShape(shape));
}
