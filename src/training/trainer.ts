import {
  BatchOrder,
  type Dataset,
  fillBatch,
  imagesSkipped,
  locationText,
  mirrorHalf,
  openSource,
  packDataset,
} from "../data/index.ts";
import { encodeGrid } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { randomStream } from "../foundation/random.ts";
import { formatOf } from "../methods/index.ts";
import { type Checkpoint, identityOf, loadLatestCheckpoint, saveCheckpoint } from "./checkpoints.ts";
import type { Config } from "./config.ts";
import { fitToData, type Plan } from "./defaults.ts";
import { EventLog } from "./event-log.ts";
import type { TrainingEvent } from "./events.ts";
import { TrainingModel } from "./model.ts";
import { fittingOf } from "./preparation.ts";
import { RunFolder, writePlan } from "./run-folder.ts";
import { writeRunReport } from "./run-report.ts";

export interface TrainerOptions {
  /** Go on from the run's newest checkpoint. */
  readonly resume: boolean;
  /** Called for every event. */
  readonly emit: (event: TrainingEvent) => void;
  /** When it aborts, the run finishes its step, writes a checkpoint and ends. */
  readonly signal: AbortSignal;
}

/**
 * Trains a run in its folder, in this thread: packs the data, makes the steps, writes samples,
 * checkpoints, events, and at the end the generator and the report.
 */
export async function trainRun(path: string, plan: Plan, options: TrainerOptions): Promise<void> {
  const { config } = plan;
  const run = new RunFolder(path);
  const checkpoint = options.resume ? await loadLatestCheckpoint(run.checkpoints) : undefined;
  const { data, labels, labelsPerClass, seed, heldOut: heldOutFraction } = config;
  const source = await openSource(data, { labels });
  const packing = { format: formatOf(config), fitting: fittingOf(config), seed, heldOutFraction, labelsPerClass };
  const { signal, emit } = options;
  const dataset = await packDataset(source, { ...packing, signal }, throttled(emit)).catch((cause: unknown) => {
    if (signal.aborted) return undefined;
    throw cause;
  });
  if (dataset === undefined) {
    emit({ type: "end", outcome: "stopped", step: checkpoint?.step ?? 0, seconds: 0 });
    return;
  }
  try {
    const fitted = checkpoint !== undefined ? plan : fitToData(plan, dataset.train.count, dataset.skipped.length);
    const begun = performance.now();
    const notify = (text: string) => emit({ type: "notice", text });
    const model = await TrainingModel.compile(fitted.config, { notify, forms: checkpoint?.forms });
    const session = new TrainingSession(run, fitted, dataset, model, options);
    await session.train(checkpoint, (performance.now() - begun) / 1000);
    await model.release();
  } finally {
    dataset.close();
  }
}

/** Reports progress of the packing ten times a second at most, and its end. */
function throttled(emit: TrainerOptions["emit"]): (done: number, total: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (done, total) => {
    const now = performance.now();
    if (now - last < 100 && done < total) return;
    last = now;
    emit({ type: "preparing", done, total });
  };
}

/** One session of training: from the first step or a checkpoint to the last step or a request to stop. */
class TrainingSession {
  readonly #run: RunFolder;
  readonly #plan: Plan;
  readonly #config: Config;
  readonly #dataset: Dataset;
  readonly #model: TrainingModel;
  readonly #options: TrainerOptions;
  /** Identity of the training images, for checkpoints. */
  readonly #images: string;
  #log: EventLog | undefined;

  constructor(run: RunFolder, plan: Plan, dataset: Dataset, model: TrainingModel, options: TrainerOptions) {
    this.#run = run;
    this.#plan = plan;
    this.#config = plan.config;
    this.#dataset = dataset;
    this.#model = model;
    this.#options = options;
    this.#images = identityOf(dataset);
  }

  /** @param checkpoint where the run goes on; undefined for a new run. */
  async train(checkpoint: Checkpoint | undefined, compileSeconds: number): Promise<void> {
    const { train, heldOut, skipped, remarks } = this.#dataset;
    const { steps, sampleEvery, checkpointEvery } = this.#config;
    const first = checkpoint === undefined ? 0 : await this.#restore(checkpoint);
    this.#log = await EventLog.open(this.#run.events, first);
    try {
      await makeFolder(this.#run.samples);
      if (checkpoint === undefined) {
        await writePlan(this.#run, this.#plan);
        await this.#writeDataPages();
      }
      await this.#emit({
        type: "start",
        step: first,
        steps,
        trainImages: train.count,
        heldOutImages: heldOut.count,
        skipped,
        remarks,
        parameters: this.#model.parameters,
        compileSeconds,
      });
      const begun = performance.now();
      let made = first;
      if (checkpoint === undefined) {
        await this.#writeSamples(0);
        await this.#writeCheckpoint(0);
      }
      for await (const step of this.#steps(first)) {
        made = step;
        if (step % sampleEvery === 0) await this.#writeSamples(step);
        if (step % checkpointEvery === 0 && step < steps) await this.#writeCheckpoint(step);
      }
      if (made > first && made % sampleEvery !== 0) await this.#writeSamples(made);
      // The last checkpoint comes last: where it is, the results are.
      await this.#writeResults(made);
      await this.#writeCheckpoint(made);
      const outcome = made < steps ? "stopped" : "finished";
      await this.#emit({ type: "end", outcome, step: made, seconds: (performance.now() - begun) / 1000 });
      await writeRunReport(this.#run);
    } finally {
      await this.#log.close();
    }
  }

  /** Makes the steps after `first`, yielding the number of steps made, until the last one or a request to stop. */
  async *#steps(first: number): AsyncGenerator<number> {
    const { steps, batch, seed, mirror, logEvery } = this.#config;
    const { train, format } = this.#dataset;
    const order = new BatchOrder(train.count, batch, seed);
    const images = new Uint8Array(batch * train.imageBytes);
    let lastLogged = first;
    // Only the steps' own time: samples and checkpoints are not the steps'.
    let milliseconds = 0;
    for (let step = first; step < steps && !this.#options.signal.aborted; step++) {
      const begun = performance.now();
      fillBatch(train, order.indices(step), images);
      if (mirror) mirrorHalf(images, format, randomStream(seed, "mirror", step));
      const report = await this.#model.step(step, images);
      const made = step + 1;
      milliseconds += performance.now() - begun;
      if (made % logEvery === 0 || made === steps) {
        const stepsPerSecond = ((made - lastLogged) * 1000) / milliseconds;
        await this.#emit({
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

  async #restore({ step, data, state }: Checkpoint): Promise<number> {
    if (data !== this.#images) {
      throw new AtelierError({
        kind: "data",
        where: locationText({ location: this.#config.data }),
        expected: "the training images that the run began with",
        received: `others: images were changed, added, removed, renamed or given other labels (now ${this.#dataset.train.count})`,
        help: "restore the data, or start a new run",
      });
    }
    this.#model.restore(this.#run.checkpoints, state);
    // Only now is it certain that the run goes on: what the user changed (more steps, data that moved) is kept.
    await writePlan(this.#run, this.#plan);
    return step;
  }

  async #writeDataPages(): Promise<void> {
    const { train, heldOut, skipped, remarks, labelDraw, ignored, classNames, format, name } = this.#dataset;
    const count = (labels: Int32Array, wanted: number) => labels.filter((label) => label === wanted).length;
    const parts = { train, heldOut };
    const report = {
      name,
      format,
      /** Always those read and those skipped together. */
      found: train.count + heldOut.count + imagesSkipped(skipped),
      read: train.count + heldOut.count,
      splits: Object.fromEntries(
        Object.entries(parts).map(([part, { count: images, labels }]) => [
          part,
          {
            images,
            labels: Object.fromEntries(classNames.map((className, index) => [className, count(labels, index)])),
            unlabelled: count(labels, -1),
          },
        ]),
      ),
      ...(labelDraw && { labelDraw: { perClass: labelDraw.perClass, classes: labelDraw.classes } }),
      remarks,
      skipped,
      ignored,
    };
    if (labelDraw) await writeFileWhole(this.#run.labels, this.#dataset.labelsTable());
    await writeFileWhole(this.#run.dataReport, `${JSON.stringify(report, null, 2)}\n`);
    const shown = Math.min(64, train.count);
    const real = new Uint8Array(shown * train.imageBytes);
    fillBatch(train, new BatchOrder(train.count, shown, this.#config.seed).indices(0), real);
    await writeFileWhole(this.#run.realGrid, await encodeGrid(real, format));
  }

  async #writeSamples(step: number): Promise<void> {
    const grid = this.#run.sampleGrid(step);
    await writeFileWhole(grid, await encodeGrid(await this.#model.samples(), this.#dataset.format));
    await this.#emit({ type: "samples", step, grid });
  }

  async #writeCheckpoint(step: number): Promise<void> {
    await this.#model.assertFinite(step);
    const file = await saveCheckpoint(this.#run.checkpoints, {
      step,
      data: this.#images,
      forms: this.#model.forms,
      state: await this.#model.state(),
    });
    await this.#emit({ type: "checkpoint", step, file });
  }

  async #writeResults(step: number): Promise<void> {
    await this.#model.assertFinite(step);
    const { classNames } = this.#dataset;
    await writeFileWhole(this.#run.generator, await this.#model.generator({ classNames, step }));
  }

  async #emit(event: TrainingEvent): Promise<void> {
    await this.#log?.append(event);
    this.#options.emit(event);
  }
}
