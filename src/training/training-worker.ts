import { Worker } from "node:worker_threads";
import { AtelierError, internalError } from "../foundation/errors.ts";
import type { TrainingEvent } from "./events.ts";
import type { Job, WorkerMessage } from "./worker-protocol.ts";

/**
 * Trains a run in its folder, in a worker thread, and yields its events.
 * When `signal` aborts, the worker finishes its step, writes a checkpoint and ends, and so does the iteration, with an
 * `end` event whose outcome is `stopped`.
 * @throws AtelierError what the training could not do.
 */
export async function* trainInWorker(job: Job, signal?: AbortSignal): AsyncGenerator<TrainingEvent> {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: job });
  const queue = new MessageQueue(worker);
  const stop = () => worker.postMessage("stop");
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    for await (const message of queue.messages()) {
      switch (message.type) {
        case "event":
          yield message.event;
          break;
        case "failed":
          throw new AtelierError(message.details);
        case "done":
          return;
      }
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    // A consumer that leaves early stops the training; the worker is waited for, since it must end by itself.
    stop();
    await queue.ended;
  }
}

/** Messages of a worker in the order they came, for one reader. */
class MessageQueue {
  /** Settled when the worker has ended. */
  readonly ended: Promise<void>;
  readonly #waiting: WorkerMessage[] = [];
  #over = false;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  constructor(worker: Worker) {
    worker.on("message", (message: WorkerMessage) => {
      this.#waiting.push(message);
      this.#wake();
    });
    worker.on("error", (error) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      worker.on("exit", () => {
        this.#over = true;
        this.#wake();
        resolve();
      });
    });
  }

  async *messages(): AsyncGenerator<WorkerMessage> {
    while (true) {
      const message = this.#waiting.shift();
      if (message !== undefined) yield message;
      else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#over) throw internalError("training", "its worker ended without a word");
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
