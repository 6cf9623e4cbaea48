import { existsSync } from "node:fs";
import type { Dataset } from "../data/index.ts";
import { metricDescriptions } from "../evaluation/index.ts";
import { type ClassifierError, JudgedImages } from "./classifier-error.ts";
import type { Plan } from "./defaults.ts";
import { slowEvaluation } from "./evaluation-defaults.ts";
import type { TrainingEvent } from "./events.ts";
import type { Journal } from "./journal.ts";
import type { TrainingModel } from "./model.ts";
import { writeModel } from "./model-files.ts";
import type { RunningScores, TrainingMonitor } from "./monitor.ts";
import type { RunFolder } from "./run-folder.ts";

export interface ScorerParts {
  readonly run: RunFolder;
  readonly plan: Plan;
  readonly dataset: Dataset;
  readonly model: TrainingModel;
  readonly monitor: TrainingMonitor | undefined;
  readonly signal: AbortSignal;
  /** Shows what is not for the log. */
  readonly emit: (event: TrainingEvent) => void;
}

/** Decides when a run is scored, by its pictures and by its classifier, and keeps the generator and the checkpoint that score best. */
export class Scorer {
  readonly #parts: ScorerParts;
  readonly #journal: Journal;
  readonly #keepCheckpoint: (path: string, step: number) => Promise<void>;
  readonly #judged: JudgedImages;
  readonly #begun = performance.now();
  #seconds = 0;
  #warned = false;
  #unjudged = false;
  /** The classifier's error after a step, where it was looked for last. */
  #error: { readonly step: number; readonly found: ClassifierError | undefined } | undefined;

  /** @param keepCheckpoint writes a checkpoint of the model as it is. */
  constructor(parts: ScorerParts, journal: Journal, keepCheckpoint: (path: string, step: number) => Promise<void>) {
    this.#parts = parts;
    this.#journal = journal;
    this.#keepCheckpoint = keepCheckpoint;
    this.#judged = new JudgedImages(parts.dataset, parts.plan.config.seed);
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
   * How often the classifier is wrong after a step, which the model has made.
   * @returns undefined where no classes are learned, no held-out image has a label, or the user stops the run meanwhile.
   */
  async classifierError(step: number): Promise<ClassifierError | undefined> {
    return this.#error?.step === step ? this.#error.found : await this.#lookForErrors(step);
  }

  async #lookForErrors(step: number): Promise<ClassifierError | undefined> {
    const { model, signal } = this.#parts;
    const { judge } = model;
    if (judge === undefined) return undefined;
    const found = await this.#judged.error((images) => judge.classify(images), signal);
    if (!signal.aborted) this.#error = { step, found };
    return found;
  }

  /**
   * Scores the generator and the classifier; nothing comes of it where the user stops the run meanwhile.
   * @returns whether it is the best so far.
   */
  async score(step: number): Promise<boolean> {
    const { run, plan, dataset, model, monitor, signal } = this.#parts;
    if (monitor === undefined || signal.aborted) return false;
    const pictures = (first: number, count: number) => model.evaluationPictures(first, count);
    const evaluation = await monitor.evaluate(pictures, signal);
    if (evaluation === "stopped") return false;
    const own = await this.#ownScores(step);
    if (signal.aborted) return false;
    const scores = { ...evaluation.scores, ...own.scores };
    const seconds = evaluation.seconds + own.seconds;
    // One whose files are not there was undone when the run went back.
    const earlier = existsSync(run.bestCheckpoint) ? this.#journal.best?.score : undefined;
    const best = isBetter(plan.config.evaluation.best, scores, earlier);
    if (best) {
      const { classNames } = dataset;
      await writeModel(run, await model.files({ classNames, step }), { best: true });
      await this.#keepCheckpoint(run.bestCheckpoint, step);
    }
    // The event comes after the files: where it is, they are.
    await this.#journal.emit({ type: "evaluation", step, ...evaluation, scores, seconds, best });
    this.#seconds += seconds;
    const warning = this.#warned ? undefined : slowEvaluation(plan, this.#seconds, this.#secondsOfSession);
    if (warning !== undefined) {
      this.#warned = true;
      await this.#journal.emit({ type: "warning", step, warning: "slow evaluation", ...warning });
    }
    return best;
  }

  /** The scores of the run's own classifier, where the configuration asks for them and the data allows it. */
  async #ownScores(step: number): Promise<Pick<RunningScores, "scores" | "seconds">> {
    const { plan, model, signal, emit } = this.#parts;
    const begun = performance.now();
    const isAsked = plan.config.evaluation.metrics.includes("own-classifier-error");
    if (!isAsked || model.judge === undefined) return { scores: {}, seconds: 0 };
    // Anew also where it is known of this step: the run may have gone back and made it again.
    const error = await this.#lookForErrors(step);
    if (error === undefined && !signal.aborted && !this.#unjudged) {
      this.#unjudged = true;
      const text = "The classifier's own error is not known: no held-out image has a label that training knows.";
      emit({ type: "notice", text });
    }
    const scores: Readonly<Record<string, number>> = error
      ? { "own-classifier-error": error.wrong / error.images }
      : {};
    return { scores, seconds: (performance.now() - begun) / 1000 };
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
