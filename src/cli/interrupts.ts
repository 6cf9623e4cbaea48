import { AtelierError } from "../foundation/errors.ts";

/**
 * Does work that Ctrl-C (or a request of the system to end) stops in an orderly way: the first one aborts the signal, a
 * second one ends the process at once.
 * @param stopping called at the first one, to say what happens.
 */
export async function untilInterrupted<T>(stopping: () => void, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) {
      // Handing the signal back to the system ends the process at once; process.exit would wait for the engine's thread.
      process.removeListener("SIGINT", interrupt);
      process.kill(process.pid, "SIGINT");
    }
    stopping();
    stop.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    return await work(stop.signal);
  } finally {
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
  }
}

/**
 * Does work that Ctrl-C gives up: what it began is not finished.
 * @param where the command, as the error names it.
 * @param help what to do instead, after the words that nothing was written.
 * @throws AtelierError (run) when it is interrupted.
 */
export async function unlessInterrupted<T>(
  where: string,
  help: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return await untilInterrupted(
    () => {},
    async (signal) => {
      try {
        return await work(signal);
      } catch (cause) {
        if (!signal.aborted) throw cause;
        throw new AtelierError({
          kind: "run",
          where,
          expected: "to be left to its end",
          received: "an interruption",
          help: `nothing was written; ${help}`,
        });
      }
    },
  );
}
