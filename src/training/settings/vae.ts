import { z } from "zod";
import { likelihoodNames, type VaeSettings } from "../../methods/index.ts";
import type { Choose, Given } from "./choose.ts";

export const vaeSchema = z.strictObject({
  likelihood: z.enum(likelihoodNames),
  binarise: z.boolean(),
  beta: z.number().min(0),
  warmup: z.number().int().min(0),
  freeBits: z.number().min(0),
  importanceSamples: z.number().int().positive(),
  sampling: z.enum(["prior", "mixture"]),
  components: z.number().int().positive(),
});

/** The settings that were given, and usual ones instead of the others. */
export function chosenVae(given: Given<VaeSettings>, choose: Choose): z.infer<typeof vaeSchema> {
  return {
    likelihood: choose("vae.likelihood", given.likelihood, "bernoulli", "the usual one (Kingma and Welling 2014)"),
    binarise: choose("vae.binarise", given.binarise, false, "pixels are taken as probabilities"),
    beta: choose("vae.beta", given.beta, 1, "the bound of the likelihood"),
    warmup: choose("vae.warmup", given.warmup, 0, "the full weight from the first step"),
    freeBits: choose("vae.freeBits", given.freeBits, 0, "none"),
    importanceSamples: choose("vae.importanceSamples", given.importanceSamples, 1, "the usual bound"),
    sampling: choose("vae.sampling", given.sampling, "prior", "what the bound is about"),
    components: choose("vae.components", given.components, 10, "the usual number (Ghosh et al. 2020)"),
  };
}
