import type { ImageFormat } from "../../models/index.ts";

/** Everything a report shows, gathered by the caller: rendering reads no file. */
export interface ReportInput {
  /** Name of the run: the base name of its folder. */
  readonly name: string;
  /** The run's folder as a command would name it. */
  readonly path: string;
  /** What the user gave as data: a folder, a file, or `sample:flowers`. */
  readonly data: string;
  /** Family of methods and architecture, as the configuration names them: `gan`, `dcgan`. */
  readonly model: string;
  readonly architecture: string;
  readonly format: ImageFormat;
  /** Size of the random vector. */
  readonly latent: number;
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
