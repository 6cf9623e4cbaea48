import type { Command } from "commander";
import { wholeNumber } from "./numbers.ts";

interface ReconstructFlags {
  readonly n?: number;
  readonly seed: number;
  readonly out?: string;
  readonly best?: true;
}

/** Defines `atelier reconstruct RUN [IMAGES]`. */
export function defineReconstruct(program: Command): void {
  program
    .command("reconstruct")
    .description("encode and decode images with an autoencoder or VAE, and see how near they come")
    .argument("<run>", "folder of a run")
    .argument(
      "[images]",
      "an image, or a folder, archive or array file (default: the run's own, held out from training)",
    )
    .option("-n <count>", "how many images are taken, drawn by the seed (default: all)", wholeNumber(1))
    .option("--seed <number>", "decides which images are drawn", wholeNumber(0), 0)
    .option("--best", "take the networks of the step that scored best, instead of the last one's")
    .option(
      "--out <path>",
      "FILE.png for a grid of at most 40 pairs, or a folder for a PNG of each reconstruction (default: reconstructions.png in the run)",
    )
    .action(async (run: string, images: string | undefined, { n: count, ...flags }: ReconstructFlags) => {
      const { reconstructImages } = await import("../reconstructing.ts");
      const request = { ...flags, ...(images !== undefined && { images }), ...(count !== undefined && { count }) };
      await reconstructImages(run, request);
    });
}
