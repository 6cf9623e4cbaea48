import type { Command } from "commander";
import type { EvaluateFlags } from "../evaluating.ts";
import { numeric, wholeNumber } from "./numbers.ts";

/** Defines `atelier evaluate RUN|IMAGES`. */
export function defineEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("score a generator or images against real images, and look for copies")
    .argument("<subject>", "folder of a run, a generator.onnx, or images: a folder, .zip, array or Parquet file")
    .option("--against <data...>", "real images to compare with (default: the run's own, those held out from training)")
    .option(
      "--split <part>",
      "real images: heldOut, train or all (default: heldOut for a run, or where the data has its own test images)",
    )
    .option(
      "--metrics <names>",
      "scores, with commas: fid, kid, prdc, copy, class, is, reconstruction, likelihood (default: all that are possible)",
    )
    .option("--features <file>", "pretrained network, .onnx, whose features are compared")
    .option("--preset <name>", "for --features: how that network wants its images, such as inception-v3")
    .option("--layer <name>", "for --features: the value inside the network that is taken")
    .option("--feature-size <pixels>", "for --features: side of what the network is given", wholeNumber(8))
    .option("-n <count>", "how many images are generated, or taken of those given", wholeNumber(1))
    .option("--seed <number>", "decides which images are generated and drawn", wholeNumber(0), 0)
    .option("--best", "score the run's best generator instead of its last one")
    .option("--labels <file>", "CSV file of the real images' labels (file,label)")
    .option("--size <pixels>", "images against images: bring both to 64, or 64x96", numeric)
    .option("--channels <count>", "images against images: bring both to 1 (grey) or 3 (colour)", numeric)
    .option("--out <folder>", "write scores.json and copies.png there (default: into the run)")
    .option("--json", "print the score card as one JSON object")
    .action(async (subject: string, flags: EvaluateFlags) => {
      const { showEvaluation } = await import("../evaluating.ts");
      await showEvaluation(subject, flags);
    });
}
