import * as fc from "fast-check";
import { expect, test } from "vitest";
import { limitedBy } from "./concurrency.ts";

const pause = async (turns: number): Promise<void> => {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
};

test("what is under way weighs no more than the capacity, or is one alone, and everything has its turn in order", async () => {
  const job = fc.record({ weight: fc.integer({ min: 1, max: 15 }), turns: fc.nat(8), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 30 }), async (jobs) => {
      const limited = limitedBy(10);
      const started: number[] = [];
      let [weightUnderWay, underWay] = [0, 0];
      const ended = await Promise.allSettled(
        jobs.map(
          async ({ weight, turns, fails }, index) =>
            await limited(weight, async () => {
              started.push(index);
              weightUnderWay += weight;
              underWay++;
              expect(weightUnderWay <= 10 || underWay === 1).toBe(true);
              await pause(turns);
              weightUnderWay -= weight;
              underWay--;
              if (fails) throw new Error("failed");
              return index;
            }),
        ),
      );
      expect(started).toEqual(jobs.map((_, index) => index));
      expect(ended.map(({ status }) => status)).toEqual(jobs.map(({ fails }) => (fails ? "rejected" : "fulfilled")));
    }),
    { numRuns: 100 },
  );
});

test("what weighs nothing does not wait", async () => {
  const limited = limitedBy(10);
  let open = (): void => undefined;
  const heavy = limited(20, async () => await new Promise<void>((resolve) => (open = resolve)));
  const waiting = limited(5, async () => await Promise.resolve());
  expect(await limited(0, async () => await Promise.resolve("light"))).toBe("light");
  open();
  await Promise.all([heavy, waiting]);
});
