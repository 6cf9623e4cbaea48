/** What comes of some work, or `stopped` where it failed because the user stopped it. */
export async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T | "stopped"> {
  return await work.catch((cause: unknown) => {
    if (signal.aborted) return "stopped" as const;
    throw cause;
  });
}
