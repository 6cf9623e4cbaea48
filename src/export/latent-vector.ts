import { randomStream } from "../foundation/random.ts";
import type { GeneratorMetadata } from "./generator-file.ts";

/**
 * The random vector of picture `index`: normal draws, those beyond the truncation drawn again (Brock et al. 2019), but for
 * numbers that choose: near the middle of those are some of the choices, not typical ones.
 */
export function latentVector(
  { latent, choosing }: GeneratorMetadata,
  seed: number,
  index: number,
  truncation = Number.POSITIVE_INFINITY,
): Float32Array {
  const random = randomStream(seed, "generate", index);
  return Float32Array.from({ length: latent }, (_, place) => {
    let draw = random.normal();
    if (place < choosing) return draw;
    while (Math.abs(draw) > truncation) draw = random.normal();
    return draw;
  });
}
