import { parentPort, workerData } from "node:worker_threads";
import { AtelierError } from "../foundation/errors.ts";
import { trainRun } from "./trainer.ts";
import { jobSchema, type WorkerMessage } from "./worker-protocol.ts";

// The body of the training worker: the engine blocks the thread that calls it, so the main thread stays free for the
// terminal and for Ctrl-C. The worker ends by itself between steps; ending it from outside would abort the process.

const port = parentPort;
if (port === null) throw new Error("internal: the training worker was started as a program");
const send = (message: WorkerMessage): void => port.postMessage(message);

const stop = new AbortController();
port.on("message", () => stop.abort());

const { path, plan, resume } = jobSchema.parse(workerData);
try {
  await trainRun(path, plan, {
    resume,
    emit: (event) => send({ type: "event", event }),
    signal: stop.signal,
  });
  send({ type: "done" });
} catch (cause) {
  if (cause instanceof AtelierError) send({ type: "failed", details: cause.details });
  else throw cause;
} finally {
  port.close();
}
