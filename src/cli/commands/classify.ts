import { type Command, InvalidArgumentError } from "commander";

interface ClassifyFlags {
  readonly out?: string;
  readonly threshold?: number;
  readonly best?: true;
  readonly json?: true;
}

/** Defines `atelier classify RUN [IMAGES]`. */
export function defineClassify(program: Command): void {
  program
    .command("classify")
    .description("say which class each image is of, with the classifier of a run that learned from labels")
    .argument("<run>", "folder of a run")
    .argument(
      "[images]",
      "an image, or a folder, archive or array file (default: the run's own, held out from training)",
    )
    .option("--out <file>", "FILE.csv: file, label, guess, probability, uncertain (default: classified.csv in the run)")
    .option(
      "--threshold <probability>",
      "an answer of less is marked as uncertain (default: the run's classifier.threshold, usually 0.95)",
      probability,
    )
    .option("--best", "take the classifier of the step that scored best, instead of the last one's")
    .option("--json", "print one JSON object")
    .action(async (run: string, images: string | undefined, flags: ClassifyFlags) => {
      const { classifyImages } = await import("../classifying.ts");
      await classifyImages(run, { ...flags, ...(images !== undefined && { images }) });
    });
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("It must be a number from 0 to 1.");
}
