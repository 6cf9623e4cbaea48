import type { Tensor } from "../graph/index.ts";
import type { Method, Players } from "./method.ts";
import { mixtureCodes, mixtureInputs } from "./mixture.ts";

/** Numbers of the random vector that a picture is made from: with a mixture one more, which chooses the component. */
export function randomSize({ latent, coding }: Pick<Method, "latent" | "coding">): number {
  return coding?.mixture === undefined ? latent : latent + 1;
}

/**
 * Pictures [batch, channels, height, width] in [-1, 1] from draws from N(0, 1), [batch, {@link randomSize}].
 * Where the method asks for a mixture, its numbers are inputs: {@link mixtureInputs}.
 */
export function drawnPictures(
  { latent, coding, sample }: Pick<Method, "latent" | "coding" | "sample">,
  draws: Tensor,
  players: Players<string>,
): Tensor {
  if (coding?.mixture === undefined) return sample(draws, players);
  return sample(mixtureCodes(draws, mixtureInputs(coding.mixture, latent)), players);
}
