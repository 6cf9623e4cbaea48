import { z } from "zod";
import { AtelierError } from "../../foundation/errors.ts";
import type { VaeSettings } from "../../methods/index.ts";
import { likelihoodNames } from "../../nn/index.ts";
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

/** What a VAE's settings are chosen from. */
export interface VaeContext {
  readonly channels: 1 | 3;
}

/** The settings that were given, and usual ones instead of the others. */
export function chosenVae(
  given: Given<VaeSettings>,
  choose: Choose,
  { channels }: VaeContext,
): z.infer<typeof vaeSchema> {
  return {
    likelihood: choose("vae.likelihood", given.likelihood, ...usualLikelihood(channels)),
    binarise: choose("vae.binarise", given.binarise, false, "pixels keep their brightness"),
    beta: choose("vae.beta", given.beta, 1, "the bound of the likelihood (Kingma and Welling 2014)"),
    warmup: choose("vae.warmup", given.warmup, 0, "the full weight from the first step"),
    freeBits: choose("vae.freeBits", given.freeBits, 0, "none"),
    importanceSamples: choose("vae.importanceSamples", given.importanceSamples, 1, "the evidence bound: fastest"),
    sampling: choose("vae.sampling", given.sampling, "prior", "what the model learns that codes are drawn from"),
    components: choose("vae.components", given.components, 10, "the usual number (Ghosh et al. 2020)"),
  };
}

function usualLikelihood(channels: VaeContext["channels"]): readonly [VaeSettings["likelihood"], string] {
  return channels === 1
    ? ["bernoulli", "the usual one of grey pictures (Kingma and Welling 2014)"]
    : ["gaussian", "sharper colour pictures than the logistic one (Rybkin et al. 2021)"];
}

/** @throws AtelierError (usage) when settings do not go together, or not with the run. */
export function assertVaeFits(settings: VaeSettings, { steps }: { readonly steps: number }): void {
  const { likelihood, binarise, freeBits, importanceSamples, warmup } = settings;
  if (binarise && likelihood !== "bernoulli") {
    throw unfitting(
      "vae.likelihood",
      "bernoulli where vae.binarise draws pixels as 0 or 1",
      likelihood,
      "set vae.likelihood to bernoulli, or vae.binarise to false",
    );
  }
  if (freeBits > 0 && importanceSamples > 1) {
    throw unfitting(
      "vae.freeBits",
      "0 where vae.importanceSamples is above 1: that bound has no divergence of its own",
      freeBits,
      "set vae.freeBits to 0, or vae.importanceSamples to 1",
    );
  }
  if (warmup >= steps) {
    const help = `use ${Math.floor(steps / 10)}, a tenth of the steps`;
    throw unfitting("vae.warmup", `fewer than the ${steps} steps of the run`, warmup, help);
  }
}

function unfitting(where: string, expected: string, received: string | number, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where, expected, received: String(received), help });
}
