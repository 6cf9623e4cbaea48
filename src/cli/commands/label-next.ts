import type { Command } from "commander";
import { wholeNumber } from "./numbers.ts";

interface LabelNextFlags {
  readonly n: number;
  readonly seed: number;
  readonly out?: string;
  readonly sheet?: string;
  readonly best?: true;
  readonly json?: true;
}

/** Defines `atelier label-next RUN`. */
export function defineLabelNext(program: Command): void {
  program
    .command("label-next")
    .description("name the training images whose labels would help the classifier of a run most")
    .argument("<run>", "folder of a run that learned from labels of some of its images")
    .option("-n <count>", "how many images are named", wholeNumber(1), 20)
    .option("--seed <number>", "decides which of many uncertain images are named", wholeNumber(0), 0)
    .option("--out <file>", "FILE.csv to fill in: file, label (default: label-next.csv in the run)")
    .option("--sheet <file>", "FILE.png: also a picture of the images")
    .option("--best", "take the classifier of the step that scored best, instead of the last one's")
    .option("--json", "print one JSON object")
    .action(async (run: string, { n: count, ...flags }: LabelNextFlags) => {
      const { nameNextLabels } = await import("../labelling.ts");
      await nameNextLabels(run, { ...flags, count });
    });
}
