import type { Command } from "commander";
import type { ProjectFlags } from "../projecting.ts";
import { wholeNumber } from "./numbers.ts";

/** Defines `atelier project RUN|MODEL.onnx IMAGES`. */
export function defineProject(program: Command): void {
  program
    .command("project")
    .description("find the vectors from which a generator makes pictures nearest to given images")
    .argument("<model>", "folder of a run, or a generator.onnx")
    .argument("<images>", "an image, or a folder, archive or array file of images")
    .option("-n <count>", "how many images are taken, drawn by the seed (default: all)", wholeNumber(1))
    .option("--steps <count>", "updates of each vector", wholeNumber(1), 500)
    .option(
      "--starts <count>",
      "vectors that are tried for each image in the first fifth of the steps",
      wholeNumber(1),
      4,
    )
    .option("--seed <number>", "decides what is random", wholeNumber(0), 0)
    .option("--class <name>", "of which class all projections are (default: looked for, for each image)")
    .option("--features <file>", "pretrained network, .onnx, that also says how far pictures are apart")
    .option("--preset <name>", "for --features: how that network wants its images, such as vgg-16")
    .option("--layer <names>", "for --features: values inside the network, with commas (default: one map of each size)")
    .option("--best", "take the generator of the step that scored best, instead of the last one's")
    .option(
      "--out <path>",
      "FILE.png for originals above projections, or a folder for these, each projection and the vectors (default: projected.png in the run)",
    )
    .action(async (model: string, images: string, flags: ProjectFlags) => {
      const { projectPictures } = await import("../projecting.ts");
      await projectPictures(model, images, flags);
    });
}
