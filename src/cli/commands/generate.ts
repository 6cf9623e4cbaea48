import type { Command } from "commander";
import { atLeast, wholeNumber } from "./numbers.ts";

interface GenerateFlags {
  readonly n: number;
  readonly seed: number;
  readonly truncation?: number;
  readonly out?: string;
  readonly columns?: number;
  readonly best?: true;
}

/** Defines `atelier generate RUN|MODEL.onnx`. */
export function defineGenerate(program: Command): void {
  program
    .command("generate")
    .description("make pictures with a trained generator")
    .argument("<model>", "folder of a run, or a generator.onnx")
    .option("-n <count>", "how many pictures", wholeNumber(1), 16)
    .option("--seed <number>", "decides which pictures", wholeNumber(0), 0)
    .option("--truncation <deviations>", "draw again beyond this: lower is more typical, less varied", atLeast(0.05))
    .option("--columns <count>", "pictures in a row of the grid (default: about square)", wholeNumber(1))
    .option("--best", "take the generator of the step that scored best, instead of the last one's")
    .option("--out <path>", "folder of PNG files, FILE.png for one grid, or FILE.npz (default: generated/ in the run)")
    .action(async (model: string, { n: count, ...sampling }: GenerateFlags) => {
      const { generatePictures } = await import("../generating.ts");
      await generatePictures(model, { ...sampling, count });
    });
}
