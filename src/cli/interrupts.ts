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
