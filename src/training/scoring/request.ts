import type {
  EvaluateOptions,
  EvaluationReference,
  EvaluationSubject,
  ReferenceSplit,
} from "../../evaluation/index.ts";
import { AtelierError } from "../../foundation/errors.ts";
import type { Config } from "../config.ts";
import type { RunFolder } from "../run-folder.ts";

/** What to score, against what, and how. */
export interface EvaluationRequest
  extends Pick<EvaluateOptions, "split" | "metrics" | "features" | "seed" | "intervals" | "mostReal"> {
  /** The folder of a run, a generator.onnx, or images: anything that can be trained on. */
  readonly subject: string;
  /** Real images to compare with. Default: those that the run was trained on. */
  readonly against?: string | readonly string[] | undefined;
  /** CSV file of the real images' labels. */
  readonly labels?: string | undefined;
  /** Images that are generated, or taken of those given. Default: as many as there are real ones, within 1,000 and 10,000. */
  readonly images?: number | undefined;
  /** Score the run's best generator instead of its last one. Default: false. */
  readonly best?: boolean | undefined;
  /** Sides and channels that both sides are brought to, where images are compared with images. Default: their own. */
  readonly size?: Config["size"] | undefined;
  readonly channels?: 1 | 3 | undefined;
  /**
   * Folder for scores.json and copies.png. Default: the run's, where all scores are computed against its own data; else
   * nothing is written.
   */
  readonly out?: string | undefined;
}

export type EvaluationControl = Pick<EvaluateOptions, "notify" | "onProgress" | "signal">;

/** Both sides of a comparison, opened. */
export interface Sides {
  readonly subject: EvaluationSubject;
  readonly reference: EvaluationReference;
  /** The real images that are compared unless the request says otherwise. Default: as in `EvaluateOptions`. */
  readonly split?: ReferenceSplit | undefined;
  /** The run whose scores these are. */
  readonly run?: RunFolder;
  close(): Promise<void>;
}

/** Images that are scored by default. */
export const usualCount = { least: 1000, most: 10_000 } as const;

export function badRequest(where: string, expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where, expected, received, help });
}
