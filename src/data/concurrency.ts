import { availableParallelism } from "node:os";

/**
 * How many images are decoded at once: one a core and one more that waits for the disk, within the four threads that
 * Node lends to native work by default.
 */
export const decodesAtOnce: number = Math.min(availableParallelism() + 1, 4);

/**
 * Calls `work` for each index in [0, count), at most `limit` at once, in ascending order of start.
 * After a failure nothing new is started; the first failure is thrown once all that was running has ended.
 */
export async function forEachIndex(
  count: number,
  limit: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (next < count && !stopped) {
      const index = next++;
      try {
        await work(index);
      } catch (cause) {
        stopped = true;
        throw cause;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, count) }, lane));
  for (const ended of lanes) if (ended.status === "rejected") throw ended.reason;
}
