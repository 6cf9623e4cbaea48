import { z } from "zod";
import type { VqVaeSettings } from "../../methods/index.ts";
import type { Choose, Given } from "./choose.ts";

const count = z.number().int().positive();

export const vqVaeSchema = z.strictObject({
  codes: count.min(2),
  codeSize: count,
  commitment: z.number().min(0),
  decay: z.number().min(0).lt(1),
  priorWidth: count,
  priorDepth: count,
});

/** The settings that were given, and usual ones instead of the others. */
export function chosenVqVae(given: Given<VqVaeSettings>, choose: Choose): z.infer<typeof vqVaeSchema> {
  return {
    codes: choose("vqVae.codes", given.codes, 512, "the usual number (van den Oord et al. 2017)"),
    codeSize: choose("vqVae.codeSize", given.codeSize, 64, "the usual size"),
    commitment: choose("vqVae.commitment", given.commitment, 0.25, "the usual weight (van den Oord et al. 2017)"),
    decay: choose("vqVae.decay", given.decay, 0.99, "the usual one (van den Oord et al. 2017, appendix A)"),
    priorWidth: choose("vqVae.priorWidth", given.priorWidth, 64, "small"),
    priorDepth: choose("vqVae.priorDepth", given.priorDepth, 4, "small"),
  };
}
