import { type Dataset, openSource, packDataset } from "../data/index.ts";
import { formatOf } from "../methods/index.ts";
import { loadLatestCheckpoint } from "./checkpoints.ts";
import { FEWEST_IMAGES } from "./config.ts";
import { fitToData, type Plan } from "./defaults.ts";
import { tooFewToScore } from "./evaluation-defaults.ts";
import type { TrainingEvent } from "./events.ts";
import { TrainingModel } from "./model.ts";
import { TrainingMonitor } from "./monitor.ts";
import { fittingOf } from "./preparation.ts";
import { loadResources } from "./resources.ts";
import { RunFolder } from "./run-folder.ts";
import { TrainingSession } from "./session.ts";
import { unlessStopped } from "./stopping.ts";

export interface TrainerOptions {
  /** Go on from the run's newest checkpoint. */
  readonly resume: boolean;
  /** Called for every event. */
  readonly emit: (event: TrainingEvent) => void;
  /** When it aborts, the run finishes its step, writes a checkpoint and ends. */
  readonly signal: AbortSignal;
}

/**
 * Trains a run in its folder, in this thread: packs the data, makes the steps, writes samples, scores, checkpoints,
 * events, and at the end the generator and the report.
 */
export async function trainRun(path: string, plan: Plan, { resume, emit, signal }: TrainerOptions): Promise<void> {
  const run = new RunFolder(path);
  const checkpoint = resume ? await loadLatestCheckpoint(run.checkpoints) : undefined;
  const notify = (text: string) => emit({ type: "notice", text });
  const stopped = () => emit({ type: "end", outcome: "stopped", step: checkpoint?.step ?? 0, seconds: 0 });

  const packed = await unlessStopped(signal, prepareData(plan, emit, signal));
  if (packed === "stopped") return stopped();
  try {
    const readable = { images: packed.train.count, classes: packed.classNames.length, broken: packed.skipped.length };
    const fitted = checkpoint !== undefined ? plan : fitToData(plan, readable);
    const { config } = fitted;
    const { every, features } = config.evaluation;
    if (every > 0 && features !== undefined) {
      notify(`Looking at the real images with ${features}; what it sees is kept for the next time.`);
    }
    const monitor = await unlessStopped(signal, TrainingMonitor.open(config, packed, signal));
    if (monitor === "stopped") return stopped();
    const wanted = every > 0 || fitted.reasons["evaluation.every"] !== undefined;
    if (wanted && packed.train.count < FEWEST_IMAGES) {
      notify(`The generator is not scored while it learns: ${tooFewToScore(packed.train.count)}.`);
    }
    const resources = await loadResources(config);
    for (const remark of resources.remarks) notify(remark);
    const begun = performance.now();
    const model = await TrainingModel.compile(config, packed.train, { notify, forms: checkpoint?.forms, resources });
    const session = new TrainingSession({
      run,
      plan: fitted,
      dataset: packed,
      model,
      monitor,
      resources: resources.identities,
      emit,
      signal,
    });
    await session.train(checkpoint, (performance.now() - begun) / 1000);
    await model.release();
    await monitor?.release();
  } finally {
    packed.close();
  }
}

async function prepareData({ config }: Plan, emit: TrainerOptions["emit"], signal: AbortSignal): Promise<Dataset> {
  const { data, labels, labelsPerClass, seed, heldOut: heldOutFraction } = config;
  const source = await openSource(data, { labels });
  const packing = { format: formatOf(config), fitting: fittingOf(config), seed, heldOutFraction, labelsPerClass };
  return await packDataset(source, { ...packing, signal }, throttled(emit));
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
