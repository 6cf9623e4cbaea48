import type { Command } from "commander";
import type { DirectionsFlags } from "../directions.ts";
import { atLeast, wholeNumber } from "./numbers.ts";

/** Defines `atelier directions RUN|MODEL.onnx`. */
export function defineDirections(program: Command): void {
  program
    .command("directions")
    .description("find what a generator's pictures differ in most, and change a picture in each of these ways")
    .argument("<model>", "folder of a run, or a generator.onnx")
    .option("--directions <count>", "how many", wholeNumber(1), 5)
    .option("--layer <name>", "layer that is analysed, or latent for the numbers of the vector (default: the first)")
    .option("--samples <count>", "random vectors that are analysed (default: 2000)", wholeNumber(1))
    .option("--range <deviations>", "how far to both sides", atLeast(0.01), 3)
    .option("--seed <number>", "decides the random vectors, and the picture", wholeNumber(0), 0)
    .option("--picture <number>", "which picture of the seed is changed", wholeNumber(0), 0)
    .option("--class <name>", "among pictures of which class (default: that of the picture)")
    .option("--truncation <deviations>", "for that picture: draw again beyond this", atLeast(0.05))
    .option("--columns <count>", "pictures in a row (default: 7); in a GIF, directions (default: 5)", wholeNumber(1))
    .option("--best", "take the generator of the step that scored best, instead of the last one's")
    .option("--out <file>", "FILE.png for a grid, FILE.gif for an animation (default: directions.png in the run)")
    .action(async (model: string, flags: DirectionsFlags) => {
      const { showDirections } = await import("../directions.ts");
      await showDirections(model, flags);
    });
}
