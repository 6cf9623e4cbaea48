import { z } from "zod";
import { type AutoencoderSettings, corruptionNames, reconstructionNames } from "../../methods/index.ts";
import type { Choose, Given } from "./choose.ts";

export const autoencoderSchema = z.strictObject({
  reconstruction: z.enum(reconstructionNames),
  corruption: z.enum(corruptionNames),
  corruptionAmount: z.number().min(0),
  corruptionImages: z.string().min(1).optional(),
  sparsity: z.number().min(0),
  components: z.number().int().positive(),
});

/** The settings that were given, and usual ones instead of the others. */
export function chosenAutoencoder(
  given: Given<AutoencoderSettings>,
  choose: Choose,
): z.infer<typeof autoencoderSchema> {
  return {
    reconstruction: choose("autoencoder.reconstruction", given.reconstruction, "mse", "the usual one"),
    corruption: choose("autoencoder.corruption", given.corruption, "none", "images are encoded as they are"),
    corruptionAmount: choose("autoencoder.corruptionAmount", given.corruptionAmount, 0, "none"),
    ...(given.corruptionImages !== undefined && { corruptionImages: given.corruptionImages }),
    sparsity: choose("autoencoder.sparsity", given.sparsity, 0, "none"),
    components: choose("autoencoder.components", given.components, 10, "the usual number (Ghosh et al. 2020)"),
  };
}
