import type { ModelName } from "../../methods/index.ts";
import type { ImageFormat } from "../../models/index.ts";
import type { ReportScoreCard } from "./card.ts";

/** Everything a report shows, gathered by the caller: rendering reads no file. */
export interface ReportInput {
  /** Name of the run: the base name of its folder. */
  readonly name: string;
  /** The run's folder as a command would name it. */
  readonly path: string;
  /** What the user gave as data: a folder, a file, or `sample:flowers`. */
  readonly data: string;
  /** Family of methods and architecture, as the configuration names them: `gan`, `dcgan`. */
  readonly model: ModelName;
  /** Absent where the networks are the family's own. */
  readonly architecture?: string;
  readonly format: ImageFormat;
  /** Size of the random vector. */
  readonly latent: number;
  /** Classes that pictures can be asked to be of, in the order of the model's input; absent or empty where there are none. */
  readonly askedClasses?: readonly string[];
  readonly device: string;
  readonly progress: ReportProgress;
  /** Logged steps in order. May be empty. */
  readonly steps: readonly ReportStep[];
  /** Grids from the same random vectors, in order of steps, at most eight and small; may be empty. */
  readonly filmstrip: readonly GridAtStep[];
  /** The newest grid in full size. */
  readonly finalGrid?: GridAtStep;
  /** Training images side by side. */
  readonly realGrid?: Picture;
  /** Scores from while it learned. */
  readonly running: RunningScores;
  /** There where the run learned classes. */
  readonly classifier?: ReportClassifier;
  /** Warnings and recoveries in the order in which they came; may be empty. */
  readonly incidents: readonly Incident[];
  /** What the scores are called, by the names that `running` and `scoreCard` use. */
  readonly metrics: Readonly<Record<string, ReportMetric>>;
  /** The newest score card; absent where the run was not evaluated. */
  readonly scoreCard?: ReportScoreCard;
  /** Why there is a score card that cannot be shown. A sentence. */
  readonly scoreCardProblem?: string;
  /** Rows of a generated picture, its nearest training image by features, and the one by pixels. */
  readonly copiesPicture?: Picture;
  /** Absent where the run has no readable data report. */
  readonly dataSummary?: DataSummary;
  /** In the order to show. */
  readonly configuration: readonly ConfigurationEntry[];
}

export interface ReportProgress {
  readonly made: number;
  readonly planned: number;
  /** Of all sessions together. */
  readonly seconds: number;
  /** Trained numbers of all networks; absent where training never began. */
  readonly parameters?: number;
  /** `interrupted`: ended without saying why, as after a power cut. */
  readonly outcome: "finished" | "stopped" | "interrupted";
  /** Why a finished run has made fewer steps than planned, as a sentence. */
  readonly early?: string;
}

/** What was logged after a step. */
export interface ReportStep {
  readonly step: number;
  /** Losses and mean scores by name, such as `generatorLoss` and `realScore`; null: not a number. */
  readonly report: Readonly<Record<string, number | null>>;
  readonly stepsPerSecond: number | null;
  /** In bytes. */
  readonly residentMemory: number | null;
}

/** An encoded picture and its size in pixels. */
export interface Picture {
  readonly mediaType: "image/png" | "image/webp";
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface GridAtStep extends Picture {
  /** Steps made when the grid was drawn. */
  readonly step: number;
}

export interface DataSummary {
  readonly name: string;
  /** Parts in order, such as `train` and `heldOut`. */
  readonly splits: Readonly<Record<string, SplitSummary>>;
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

export interface SplitSummary {
  readonly images: number;
  /** Images of each class. */
  readonly labels: Readonly<Record<string, number>>;
  readonly unlabelled: number;
}

export interface ConfigurationEntry {
  /** `steps`, `learningRate.generator`. */
  readonly key: string;
  readonly value: string | number;
  /** Why Atelier chose the value; absent where the user gave it. */
  readonly reason?: string;
}

export interface RunningScores {
  /** In order of steps; may be empty. */
  readonly evaluations: readonly ReportEvaluation[];
  /** Name of the score that decides which checkpoint is the best. */
  readonly decides: string;
}

/** How the generator was scored at a step; null: not a number. */
export interface ReportEvaluation {
  readonly step: number;
  /** By name. */
  readonly scores: Readonly<Record<string, number | null>>;
  readonly reference: "heldOut" | "train";
  readonly generated: number;
  readonly real: number;
  /** Mean distance between two generated pictures, over that of two real images. */
  readonly diversity: number | null;
  /** KID against held-out images less KID against training images; null also where too few are held out. */
  readonly trainGap: number | null;
  /** Whether no earlier step scored better. */
  readonly best: boolean;
}

/** What is known of a run's classifier. */
export interface ReportClassifier {
  readonly classes: number;
  /** Held-out images that it was asked about at the end, and those that it got wrong; absent where none has a label. */
  readonly error?: { readonly images: number; readonly wrong: number };
}

/** Something that went wrong, and what to do about it. */
export interface Incident {
  readonly step: number;
  /** One sentence or more. */
  readonly text: string;
  /** Without a full stop; absent where nothing need be done. */
  readonly help?: string;
}

/** What a score is called and how it is read. */
export interface ReportMetric {
  readonly title: string;
  /** Which way is better. */
  readonly better: "lower" | "higher" | "none";
  /** `share`: of 1, shown in per cent. */
  readonly unit: "number" | "share";
  /** What it says, without a full stop. */
  readonly meaning: string;
}
