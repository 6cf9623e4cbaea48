import { existsSync } from "node:fs";
import type { Dataset } from "../data/index.ts";
import { metricDescriptions } from "../evaluation/index.ts";
import type { Plan } from "./defaults.ts";
import { slowEvaluation } from "./evaluation-defaults.ts";
import type { Journal } from "./journal.ts";
import type { TrainingModel } from "./model.ts";
import { writeModel } from "./model-files.ts";
import type { TrainingMonitor } from "./monitor.ts";
import type { RunFolder } from "./run-folder.ts";

export interface ScorerParts {
  readonly run: RunFolder;
  readonly plan: Plan;
  readonly dataset: Dataset;
  readonly model: TrainingModel;
  readonly monitor: TrainingMonitor | undefined;
  readonly signal: AbortSignal;
}

/** Decides when a run is scored, and keeps the generator and the checkpoint that score best. */
export class Scorer {
  readonly #parts: ScorerParts;
  readonly #journal: Journal;
  readonly #keepCheckpoint: (path: string, step: number) => Promise<void>;
  readonly #begun = performance.now();
  #seconds = 0;
  #warned = false;

  /** @param keepCheckpoint writes a checkpoint of the model as it is. */
  constructor(parts: ScorerParts, journal: Journal, keepCheckpoint: (path: string, step: number) => Promise<void>) {
    this.#parts = parts;
    this.#journal = journal;
    this.#keepCheckpoint = keepCheckpoint;
  }

  /** Whether the configuration wants a score after so many steps: after every so many, and the last. */
  isDue(step: number): boolean {
    const { steps, evaluation } = this.#parts.plan.config;
    return this.#parts.monitor !== undefined && step > 0 && (step % evaluation.every === 0 || step === steps);
  }

  /** Whether a score is due that is not in the log. */
  isMissing(step: number): boolean {
    return this.isDue(step) && this.#journal.evaluated < step;
  }

  /**
   * Scores the generator; nothing comes of it where the user stops the run meanwhile.
   * @returns whether it is the best so far.
   */
  async score(step: number): Promise<boolean> {
    const { run, plan, dataset, model, monitor, signal } = this.#parts;
    if (monitor === undefined || signal.aborted) return false;
    const pictures = (first: number, count: number) => model.evaluationPictures(first, count);
    const evaluation = await monitor.evaluate(pictures, signal);
    if (evaluation === "stopped") return false;
    // One whose files are not there was undone when the run went back.
    const earlier = existsSync(run.bestCheckpoint) ? this.#journal.best?.score : undefined;
    const best = isBetter(plan.config.evaluation.best, evaluation.scores, earlier);
    if (best) {
      const { classNames } = dataset;
      await writeModel(run, await model.files({ classNames, step }), { best: true });
      await this.#keepCheckpoint(run.bestCheckpoint, step);
    }
    // The event comes after the files: where it is, they are.
    await this.#journal.emit({ type: "evaluation", step, ...evaluation, best });
    this.#seconds += evaluation.seconds;
    const warning = this.#warned ? undefined : slowEvaluation(plan, this.#seconds, this.#secondsOfSession);
    if (warning !== undefined) {
      this.#warned = true;
      await this.#journal.emit({ type: "warning", step, warning: "slow evaluation", ...warning });
    }
    return best;
  }

  get #secondsOfSession(): number {
    return (performance.now() - this.#begun) / 1000;
  }
}

function isBetter(
  metric: keyof typeof metricDescriptions,
  scores: Readonly<Record<string, number>>,
  earlier: number | undefined,
): boolean {
  const score = scores[metric] ?? Number.NaN;
  if (earlier === undefined) return Number.isFinite(score);
  return metricDescriptions[metric].better === "lower" ? score < earlier : score > earlier;
}
