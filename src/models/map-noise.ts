import { add, formatShape, multiply, reshape, shapeError, type Tensor } from "../graph/index.ts";
import { filled, type Scope } from "../nn/index.ts";
import type { ArchitectureOptions } from "./architecture.ts";

/**
 * Adds noise to maps in training, where `mapNoise` asks for it: one draw from N(0, 1) for each pixel of each sample, times a
 * factor for each channel that is trained and begins as 0 (Karras et al. 2019, section 3.2). Units [batch, features] get
 * draws of their own. In inference x itself.
 * Parameter: noiseFactor [channels].
 * @throws AtelierError when, in training, the batch is open.
 */
export function withMapNoise(
  scope: Scope,
  x: Tensor,
  { mapNoise = false }: Pick<ArchitectureOptions, "mapNoise">,
): Tensor {
  if (!mapNoise) return x;
  const [batch, channels, ...size] = x.shape;
  const factor = scope.parameter("noiseFactor", [Number(channels)], filled(0));
  if (scope.mode === "inference") return x;
  if (typeof batch !== "number") throw shapeError(scope.path, "a known batch in training", formatShape(x.shape));
  const draws = scope.noise(
    "mapNoise",
    size.length === 0 ? [batch, Number(channels)] : [batch, 1, ...size.map(Number)],
  );
  return add(x, multiply(draws, reshape(factor, [Number(channels), ...size.map(() => 1)])));
}
