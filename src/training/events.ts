import type { SkippedFile } from "../data/index.ts";
import type { Config } from "./config.ts";
import type { MemoryEstimate } from "./memory.ts";

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
  | { readonly type: "checkpoint"; readonly step: number; readonly file: string }
  | {
      readonly type: "end";
      /** `stopped`: on request, before the last step. */
      readonly outcome: "finished" | "stopped";
      readonly step: number;
      readonly seconds: number;
    };
