import { rm } from "node:fs/promises";
import type { Dataset } from "../data/index.ts";
import { encodeGrid } from "../export/index.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { BatchFeed } from "./batch-feed.ts";
import {
  type Checkpoint,
  identityOf,
  listCheckpoints,
  loadCheckpoint,
  saveCheckpoint,
  writeCheckpoint,
} from "./checkpoints.ts";
import { writeDataPages } from "./data-pages.ts";
import type { Plan } from "./defaults.ts";
import type { TrainingEvent } from "./events.ts";
import { Journal } from "./journal.ts";
import type { TrainingModel } from "./model.ts";
import { removeBest, writeModel } from "./model-files.ts";
import type { TrainingMonitor } from "./monitor.ts";
import { beyondRecovery, Divergence, MOST_RECOVERIES, rateScaleAfter } from "./recovery.ts";
import { assertSameResources } from "./resources.ts";
import { type RunFolder, writePlan } from "./run-folder.ts";
import { writeRunReport } from "./run-report.ts";
import { assertSameRun } from "./same-run.ts";
import { sampleLayout } from "./sampler.ts";
import { Scorer } from "./scorer.ts";

/** What a session works with. */
export interface SessionParts {
  readonly run: RunFolder;
  readonly plan: Plan;
  readonly dataset: Dataset;
  readonly model: TrainingModel;
  /** Undefined: the generator is not scored. */
  readonly monitor: TrainingMonitor | undefined;
  /** What the files hold that the method learns from besides the data, see `LoadedResources`. */
  readonly resources: Readonly<Record<string, string>>;
  readonly emit: (event: TrainingEvent) => void;
  /** When it aborts, the session finishes its step, writes a checkpoint and ends. */
  readonly signal: AbortSignal;
}

type End = Extract<TrainingEvent, { type: "end" }>;

/** One session of training: from the first step or a checkpoint to the last step or a request to stop. */
export class TrainingSession {
  readonly #parts: SessionParts;
  readonly #feed: BatchFeed;
  /** Identity of the training images, for checkpoints. */
  readonly #images: string;
  /** Times that the run has gone back to a checkpoint, in this session and before. */
  #recoveries = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#feed = new BatchFeed(parts.plan.config, parts.dataset, parts.model.asked);
    this.#images = identityOf(parts.dataset);
  }

  /** @param checkpoint where the run goes on; undefined for a new run. */
  async train(checkpoint: Checkpoint | undefined, compileSeconds: number): Promise<void> {
    const { run, plan, dataset, model, emit } = this.#parts;
    const { steps, seed } = plan.config;
    if (checkpoint !== undefined) await this.#goOn(checkpoint);
    const first = checkpoint?.step ?? 0;
    const position = { step: first, recoveries: this.#recoveries };
    const journal = await Journal.open(run.events, plan.config, position, emit);
    try {
      await makeFolder(run.samples);
      if (checkpoint === undefined) {
        await writePlan(run, plan);
        await writeDataPages(run, dataset, seed);
      }
      await journal.emit({
        type: "start",
        step: first,
        steps,
        trainImages: dataset.train.count,
        heldOutImages: dataset.heldOut.count,
        labelledImages: dataset.train.labels.filter((label) => label >= 0).length,
        skipped: dataset.skipped,
        remarks: dataset.remarks,
        parameters: model.parameters,
        compileSeconds,
      });
      const begun = performance.now();
      if (checkpoint === undefined) {
        await this.#writeSamples(0, journal);
        await this.#writeCheckpoint(0, journal);
      }
      const end = await this.#trainOn(first, journal);
      await journal.emit({ type: "end", ...end, seconds: (performance.now() - begun) / 1000 });
      await writeRunReport(run);
    } finally {
      await journal.close();
    }
  }

  /** Trains from a step on, going back where it must. @returns the number of steps made, and whether that is all. */
  async #trainOn(first: number, journal: Journal): Promise<Omit<End, "type" | "seconds">> {
    const scorer = new Scorer(this.#parts, journal, (path, step) => this.#keepCheckpoint(path, step));
    let from = first;
    while (true) {
      try {
        const made = await this.#trainTo(from, journal, scorer);
        await this.#finish(from, made, journal, scorer);
        const { steps } = this.#parts.plan.config;
        const early = made < steps ? journal.exhaustion : undefined;
        const isWhole = early !== undefined || (made === steps && !scorer.isMissing(made));
        if (!isWhole) return { step: made, outcome: "stopped" };
        const classifier = await scorer.classifierError(made);
        return { step: made, outcome: "finished", ...(early && { early }), ...(classifier && { classifier }) };
      } catch (cause) {
        if (!(cause instanceof Divergence)) throw cause;
        from = await this.#goBack(cause, journal);
      }
    }
  }

  /** Makes the steps after `first`, to the last one or a request to stop. @returns the number of steps made. */
  async #trainTo(first: number, journal: Journal, scorer: Scorer): Promise<number> {
    const { model } = this.#parts;
    const { steps, sampleEvery, checkpointEvery } = this.#parts.plan.config;
    let made = first;
    // One that was cut off when the run was stopped.
    if (scorer.isMissing(first)) await scorer.score(first);
    if (journal.exhaustion !== undefined) return made;
    for await (const step of this.#steps(first, journal)) {
      made = step;
      if (step % sampleEvery === 0) await this.#writeSamples(step, journal);
      if (step === steps) break;
      const scored = scorer.isDue(step);
      const kept = step % checkpointEvery === 0;
      if (scored || kept) await model.assertFinite(step);
      // A best score that is logged must not be undone by going back: its step has a checkpoint.
      const isBest = scored && (await scorer.score(step));
      if (journal.exhaustion !== undefined) break;
      if (kept || isBest) await this.#writeCheckpoint(step, journal);
    }
    return made;
  }

  /** Writes what is there at the end of a session. The last checkpoint comes last: where it is, the results are. */
  async #finish(first: number, made: number, journal: Journal, scorer: Scorer): Promise<void> {
    const { run, model, dataset, plan } = this.#parts;
    const { sampleEvery, steps } = plan.config;
    if (made > first && made % sampleEvery !== 0) await this.#writeSamples(made, journal);
    await model.assertFinite(made);
    await writeModel(run, await model.files({ classNames: dataset.classNames, step: made }), { best: false });
    if (made === steps && scorer.isMissing(made)) await scorer.score(made);
    await this.#writeCheckpoint(made, journal);
  }

  /** Makes the steps after `first`, yielding the number of steps made, until the last one or a request to stop. */
  async *#steps(first: number, journal: Journal): AsyncGenerator<number> {
    const { signal, model, plan } = this.#parts;
    const { steps, logEvery } = plan.config;
    let lastLogged = first;
    // Only the steps' own time: samples and checkpoints are not the steps'.
    let milliseconds = 0;
    for (let step = first; step < steps && !signal.aborted; step++) {
      const begun = performance.now();
      const report = await model.step(step, this.#feed.images(step), this.#feed.labels(step));
      const made = step + 1;
      milliseconds += performance.now() - begun;
      if (made % logEvery === 0 || made === steps) {
        const stepsPerSecond = ((made - lastLogged) * 1000) / milliseconds;
        await journal.emit({
          type: "step",
          step: made,
          report,
          stepsPerSecond,
          secondsLeft: (steps - made) / stepsPerSecond,
          residentMemory: process.memoryUsage.rss(),
        });
      }
      if (made % logEvery === 0) {
        lastLogged = made;
        milliseconds = 0;
      }
      yield made;
    }
  }

  /** Takes over the checkpoint of an earlier session. */
  async #goOn(checkpoint: Checkpoint): Promise<void> {
    const { run, plan, dataset, monitor, resources } = this.#parts;
    const trainImages = dataset.train.count;
    assertSameRun(checkpoint, { images: this.#images, trainImages, extractor: monitor?.extractor }, plan.config);
    assertSameResources(checkpoint.resources ?? {}, resources, plan.config);
    this.#restore(checkpoint, checkpoint.recoveries);
    // Only now is it certain that the run goes on: what the user changed (more steps, data that moved) is kept.
    await writePlan(run, plan);
  }

  /**
   * Goes back to the last checkpoint, whose numbers are finite, and halves all learning rates. Where the run has failed
   * from that one before, it was on its way out already: then to the one before it.
   * @returns its step.
   * @throws AtelierError (run) when the run has gone back as often as it may.
   */
  async #goBack(divergence: Divergence, journal: Journal): Promise<number> {
    const { run, plan } = this.#parts;
    if (this.#recoveries === MOST_RECOVERIES) throw beyondRecovery(divergence, plan.config);
    const [before, newest] = (await listCheckpoints(run.checkpoints)).slice(-2);
    const doomed = newest !== undefined && newest.step === journal.wentBackTo ? newest : undefined;
    const good = doomed === undefined ? (newest ?? before) : before;
    if (good === undefined) throw divergence;
    const checkpoint = await loadCheckpoint(good);
    const { step } = checkpoint;
    const recoveries = this.#recoveries + 1;
    this.#restore(checkpoint, recoveries);
    await journal.emit({
      type: "recovery",
      step,
      failedStep: divergence.step,
      reason: divergence.reason,
      rateScale: rateScaleAfter(recoveries),
    });
    // From here on the run goes on with lower rates, also when it is killed. Events go last: no step lacks its own then.
    await saveCheckpoint(run.checkpoints, { ...checkpoint, recoveries });
    if ((journal.best?.step ?? 0) > step) await removeBest(run);
    if (doomed !== undefined) await rm(doomed.path, { force: true });
    await journal.goBack({ step, recoveries });
    return step;
  }

  #restore({ state }: Checkpoint, recoveries: number): void {
    const { run, model } = this.#parts;
    model.restore(run.checkpoints, state);
    if (recoveries > 0) model.scaleRates(rateScaleAfter(recoveries));
    this.#recoveries = recoveries;
  }

  async #writeSamples(step: number, journal: Journal): Promise<void> {
    const { run, model, dataset } = this.#parts;
    const grid = run.sampleGrid(step);
    await writeFileWhole(
      grid,
      await encodeGrid(await model.samples(), dataset.format, sampleLayout(model.askedClasses)),
    );
    await journal.emit({ type: "samples", step, grid });
  }

  async #writeCheckpoint(step: number, journal: Journal): Promise<void> {
    const file = await saveCheckpoint(this.#parts.run.checkpoints, await this.#checkpoint(step));
    await journal.emit({ type: "checkpoint", step, file });
  }

  async #keepCheckpoint(path: string, step: number): Promise<void> {
    await writeCheckpoint(path, await this.#checkpoint(step));
  }

  async #checkpoint(step: number): Promise<Checkpoint> {
    const { model, monitor, resources } = this.#parts;
    const { forms } = model;
    const scored = monitor && { extractor: monitor.extractor };
    const state = await model.state();
    const besides = Object.keys(resources).length > 0 && { resources };
    return { step, data: this.#images, ...besides, forms, recoveries: this.#recoveries, ...scored, state };
  }
}
