import { availableParallelism } from "node:os";

/**
 * How many images are decoded at once: one a core and one more that waits for the disk, within the four threads that
 * Node lends to native work by default.
 */
export const decodesAtOnce: number = Math.min(availableParallelism() + 1, 4);

/**
 * Calls `work` for each item, at most `limit` at once, in the order of the items.
 * After a failure nothing new is started; the first failure is thrown once all that was running has ended.
 */
export async function forEachOf<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = shared(items);
  const failed = new AbortController();
  const lane = async (): Promise<void> => {
    try {
      while (!failed.signal.aborted) {
        const next = await iterator.next();
        if (next.done === true) return;
        await work(next.value);
      }
    } catch (cause) {
      failed.abort();
      throw cause;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: limit }, lane));
  await iterator.return();
  for (const ended of lanes) if (ended.status === "rejected") throw ended.reason;
}

/** One iterator for several readers: a generator answers their requests one after the other. */
async function* shared<Item>(items: AsyncIterable<Item> | Iterable<Item>): AsyncGenerator<Item, void, undefined> {
  yield* items;
}

/**
 * Lets work through as long as the weights of all that is under way stay within `capacity`; the rest waits, first come, first served.
 * What weighs nothing does not wait. What is heavier than the capacity is let through alone.
 */
export function limitedBy(capacity: number): <Result>(weight: number, work: () => Promise<Result>) => Promise<Result> {
  const waiting: { readonly weight: number; readonly start: () => void }[] = [];
  let underWay = 0;
  const admit = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (underWay > 0 && underWay + next.weight > capacity) return;
      underWay += next.weight;
      waiting.shift();
      next.start();
    }
  };
  return async (weight, work) => {
    if (weight === 0) return await work();
    await new Promise<void>((start) => {
      waiting.push({ weight, start });
      admit();
    });
    try {
      return await work();
    } finally {
      underWay -= weight;
      admit();
    }
  };
}
