import { z } from "zod";
import { type PictureSize, sidesOf, sizeOf } from "../../data/index.ts";
import { AtelierError } from "../../foundation/errors.ts";
import type { VqVaeSettings } from "../../methods/index.ts";
import { type ArchitectureName, architectures, gridOf, refusalOfGrid, type Structure } from "../../models/index.ts";
import type { Choose, Given } from "./choose.ts";

const count = z.number().int().positive();

/** The sums of probabilities by which codes are drawn are a matrix of codes times codes in the file of the generator. */
const MOST_CODES = 1024;

export const vqVaeSchema = z.strictObject({
  codes: count.min(2).max(MOST_CODES),
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
    codeSize: choose("vqVae.codeSize", given.codeSize, 64, "the usual size (van den Oord et al. 2017)"),
    commitment: choose("vqVae.commitment", given.commitment, 0.25, "the usual weight (van den Oord et al. 2017)"),
    decay: choose("vqVae.decay", given.decay, 0.99, "the usual one (van den Oord et al. 2017, appendix A.1)"),
    priorWidth: choose("vqVae.priorWidth", given.priorWidth, 64, "it learns about as fast as the decoder"),
    priorDepth: choose("vqVae.priorDepth", given.priorDepth, 3, "it sees most of the grid"),
  };
}

/** What else of a configuration concerns a vector-quantised autoencoder. */
interface Surroundings {
  readonly size: PictureSize;
  readonly latent: number;
  readonly architecture: ArchitectureName;
  readonly network: Structure;
  readonly microBatches: number;
}

/** Stands in the configuration where the networks are the model's own. */
export const unusedArchitecture = "dcgan";

/** Numbers that a picture is made from: one for each position of the grid of codes. */
export function positionsOf(size: PictureSize): number {
  const { rows, columns } = gridOf(sidesOf(size));
  return rows * columns;
}

/** @throws AtelierError (usage) when settings do not go together. */
export function assertVqVaeFits({ size, latent, architecture, network, microBatches }: Surroundings): void {
  const refusal = refusalOfGrid(sidesOf(size));
  if (refusal !== undefined) {
    throw refused("--size", refusal.expected, String(size), `use --size ${sizeOf(refusal.nearest)}`);
  }
  if (latent !== positionsOf(size)) {
    const expected = `${positionsOf(size)}, one number for each code of a picture of ${size} pixels,`;
    throw refused("latent", expected, String(latent), "leave it out; vqVae.codes says how much a code can tell");
  }
  if (architecture !== unusedArchitecture) {
    throw refused(
      "--architecture",
      "none",
      architecture,
      "leave it out: the networks are the model's own; width scales them",
    );
  }
  for (const [key, [usual]] of Object.entries(architectures[unusedArchitecture].choices)) {
    const chosen = Object.entries(network).find(([name]) => name === key)?.[1];
    if (chosen === usual) continue;
    throw refused(`network.${key}`, "none", String(chosen), "leave it out: the networks are the model's own");
  }
  if (microBatches !== 1) {
    const expected = "1, since the codebook moves by the whole batch at once,";
    throw refused("microBatches", expected, String(microBatches), "leave it out; a smaller --batch takes less memory");
  }
}

function refused(where: string, expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where, expected: `${expected} for model vq-vae`, received, help });
}
