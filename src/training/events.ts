import type { SkippedFile } from "../data/index.ts";
import type { ClassifierError } from "./classifier-error.ts";
import type { Config } from "./config.ts";
import type { MemoryEstimate } from "./memory.ts";
import type { TimeEstimate } from "./time-estimate.ts";

/** What happens in a run, in order. The same events feed the progress bar, `events.jsonl` and `--json`. */
export type TrainingEvent =
  | {
      readonly type: "plan";
      /** Folder of the run. */
      readonly run: string;
      readonly config: Config;
      /** Why each value that the user did not give was chosen, by key. */
      readonly reasons: Readonly<Record<string, string>>;
      /** What the run is expected to take of this machine's memory, in bytes. */
      readonly memory: MemoryEstimate;
      /** How long it is expected to take on this machine, in seconds; absent where it does not fit into the free memory. */
      readonly time?: TimeEstimate;
      /** What is to be known about the labels; only of a plan that is not carried out: else `start` has it. */
      readonly remarks?: readonly string[];
    }
  /** Something that a user should know and need not act on: where the work is done, what takes time at first. */
  | { readonly type: "notice"; readonly text: string }
  | { readonly type: "preparing"; readonly done: number; readonly total: number }
  | {
      readonly type: "start";
      /** Steps made before this session: 0 in a new run. */
      readonly step: number;
      readonly steps: number;
      readonly trainImages: number;
      readonly heldOutImages: number;
      /** Those of the training images that have a label. */
      readonly labelledImages: number;
      readonly skipped: readonly SkippedFile[];
      /** What the user should know about the labels. */
      readonly remarks: readonly string[];
      readonly parameters: number;
      readonly compileSeconds: number;
    }
  | {
      readonly type: "step";
      /** Steps made so far. */
      readonly step: number;
      /** Losses and mean scores of this step, by name. */
      readonly report: Readonly<Record<string, number>>;
      readonly stepsPerSecond: number;
      readonly secondsLeft: number;
      /** Resident memory of the process, in bytes. */
      readonly residentMemory: number;
    }
  | {
      readonly type: "samples";
      readonly step: number;
      /** Path of a PNG file: pictures of the same random vectors in every grid of the run. */
      readonly grid: string;
    }
  | {
      /** The generator was scored. */
      readonly type: "evaluation";
      readonly step: number;
      /** Scores by their names, against held-out images where `reference` says so, else against training images. */
      readonly scores: Readonly<Record<string, number>>;
      readonly reference: "heldOut" | "train";
      /** Generated pictures and real images that were compared. */
      readonly generated: number;
      readonly real: number;
      /** Mean distance between features of two generated pictures, over that of two real images: near 0 when all look alike. */
      readonly diversity: number;
      /** KID against held-out images less KID against as many training images: grows when training images are learned by heart. Null: too few held out. */
      readonly trainGap: number | null;
      /** Whether no earlier step of the run had a better score by the metric that decides. */
      readonly best: boolean;
      readonly seconds: number;
    }
  | {
      /** Something goes wrong, and a user can do something about it. */
      readonly type: "warning";
      readonly step: number;
      readonly warning: "saturated" | "collapse" | "overfitting" | "worse" | "slow evaluation";
      /** What is seen, as a sentence. */
      readonly text: string;
      /** What to do about it, one sentence without a full stop. */
      readonly help: string;
    }
  | {
      /** A number was no longer finite: training went back to a checkpoint with a lower learning rate. */
      readonly type: "recovery";
      /** Steps made at the checkpoint that it went back to. */
      readonly step: number;
      /** The step that failed, and what was not finite in it. */
      readonly failedStep: number;
      readonly reason: string;
      /** What all learning rates are multiplied by from now on. */
      readonly rateScale: number;
    }
  | { readonly type: "checkpoint"; readonly step: number; readonly file: string }
  | {
      readonly type: "end";
      /** `stopped`: on request, before the last step. */
      readonly outcome: "finished" | "stopped";
      /** Why it is finished before its last step, as a sentence. */
      readonly early?: string;
      readonly step: number;
      /** How the classifier does on held-out images; there where a finished run learned classes, and some of these are known. */
      readonly classifier?: ClassifierError;
      readonly seconds: number;
    };
