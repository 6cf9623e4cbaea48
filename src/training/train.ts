import { totalmem } from "node:os";
import type { TrainingEvent } from "./events.ts";
import { assertPossible, memoryWarning } from "./memory.ts";
import { type PreparedRun, prepareRun, type TrainOptions } from "./prepare.ts";
import { claimFolder } from "./run-folder.ts";
import { lockRun } from "./run-lock.ts";
import { trainInWorker } from "./training-worker.ts";

/**
 * Carries out a prepared run in a worker thread, yielding its events. See {@link train}.
 * @throws AtelierError (usage), before anything is written, when it cannot fit into this machine's memory.
 */
export async function* startRun(
  { path, plan, memory, time, resume }: PreparedRun,
  signal?: AbortSignal,
): AsyncGenerator<TrainingEvent> {
  assertPossible(memory, totalmem(), plan.config);
  if (!resume) await claimFolder(path);
  const release = await lockRun(path);
  try {
    yield { type: "plan", run: path, ...plan, memory, ...(time && { time }) };
    const warning = memoryWarning(memory, process.availableMemory(), plan.config);
    if (warning !== undefined) yield { type: "notice", text: warning };
    yield* trainInWorker({ path, plan, resume }, signal);
  } finally {
    await release();
  }
}

/**
 * Trains a generator and yields what happens, from the plan to the end.
 * @param control when `signal` aborts, the run finishes its step, writes a checkpoint and ends; it can be resumed.
 * @throws AtelierError when the data, the configuration or the folder is not as it must be, or the training fails.
 * @example
 * for await (const event of train({ data: "photos/", steps: 4000 })) {
 *   if (event.type === "samples") console.log(event.grid);
 * }
 */
export async function* train(
  options: TrainOptions,
  control: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<TrainingEvent> {
  yield* startRun(await prepareRun(options), control.signal);
}
