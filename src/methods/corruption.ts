import { internalError } from "../foundation/errors.ts";
import {
  add,
  argmax,
  constant,
  gather,
  isGreater,
  multiply,
  reshape,
  select,
  stopGradient,
  subtract,
  type Tensor,
} from "../graph/index.ts";
import type { StepInputs } from "./method.ts";

export const corruptionNames = ["none", "gaussian", "saltAndPepper", "images"] as const;

/** Images [count, channels, height, width], 0 to 255, that are laid over others. */
export interface NoiseImages {
  readonly count: number;
  readonly bytes: Uint8Array;
}

export interface CorruptionOptions {
  readonly corruption: (typeof corruptionNames)[number];
  /** See `AutoencoderSettings`. */
  readonly corruptionAmount: number;
  /** Where the corruption is `images`. */
  readonly noiseImages?: NoiseImages | undefined;
}

/**
 * Images as a denoising autoencoder is given them (Vincent et al. 2010, "Stacked Denoising Autoencoders: Learning Useful
 * Representations in a Deep Network with a Local Denoising Criterion", section 3.3).
 * - `gaussian`: N(0, amount^2) is added.
 * - `saltAndPepper`: a share `amount` of the pixels becomes black or white, by the toss of a coin.
 * - `images`: a noise image is laid over each, with an opacity between 0 and `amount`.
 * @param images [batch, channels, height, width] in [-1, 1].
 */
export function corrupted(
  images: Tensor,
  { noise, uniform }: Pick<StepInputs, "noise" | "uniform">,
  { corruption, corruptionAmount, noiseImages }: CorruptionOptions,
): Tensor {
  const [batch = 0, ...shape] = images.shape.map(Number);
  const [, height = 0, width = 0] = shape;
  switch (corruption) {
    case "none":
      return images;
    case "gaussian":
      return add(images, multiply(noise("corruption", [batch, ...shape]), corruptionAmount));
    case "saltAndPepper": {
      const draw = uniform("corruption", [batch, 1, height, width]);
      const salted = select(isGreater(draw, 1 - corruptionAmount / 2), 1, images);
      return select(isGreater(corruptionAmount / 2, draw), -1, salted);
    }
    case "images": {
      if (noiseImages === undefined) throw internalError("corruption", "no noise images");
      const opacity = multiply(reshape(uniform("corruption/opacity", [batch]), [batch, 1, 1, 1]), corruptionAmount);
      const chosen = chosenImages(noiseImages, shape, uniform("corruption/image", [batch]));
      return add(images, multiply(subtract(chosen, images), opacity));
    }
  }
}

/** The noise images that draws choose, all equally likely: [batch, channels, height, width] in [-1, 1]. */
function chosenImages({ count, bytes }: NoiseImages, shape: readonly number[], draws: Tensor): Tensor {
  const values = Float32Array.from(bytes, (byte) => (byte * 2) / 255 - 1);
  const ends = constant(
    Float64Array.from({ length: count }, (_, image) => (image + 1) / count),
    [count],
  );
  // The first image whose end a draw lies below.
  const chosen = argmax(isGreater(ends, reshape(draws, [...draws.shape, 1])), 1);
  return stopGradient(gather(constant(values, [count, ...shape]), chosen, 0));
}
