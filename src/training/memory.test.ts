import { describe, expect, it } from "vitest";
import { openSource } from "../data/index.ts";
import type { Config, PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { assertPossible, estimateMemory, memoryWarning } from "./memory.ts";

const source = await openSource("sample:flowers");

async function configOf(given: PartialConfig): Promise<Config> {
  const { config } = await planTraining({ device: "cpu", size: 16, channels: 3, batch: 32, ...given }, source);
  return config;
}

describe("the memory of a run", () => {
  it("is the sum of its parts, each of them there", async () => {
    const { total, ...parts } = await estimateMemory(await configOf({}));
    expect(Object.keys(parts)).toEqual(["process", "step", "sampler", "state"]);
    for (const bytes of Object.values(parts)) expect(bytes).toBeGreaterThan(0);
    expect(total).toBe(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0));
  });

  it("grows with the batch in the step alone, and shrinks when the batch is divided", async () => {
    const [small, large, divided] = await Promise.all(
      [{ batch: 16 }, { batch: 64 }, { batch: 64, microBatches: 4 }].map(async (given) =>
        estimateMemory(await configOf({ ...given, size: 32, width: 16 })),
      ),
    );
    expect(large?.step).toBeGreaterThan(2 * (small?.step ?? 0));
    expect({ ...large, step: 0, total: 0 }).toEqual({ ...small, step: 0, total: 0 });
    expect(divided?.step).toBeLessThan(large?.step ?? 0);
  });

  it("is warned of, with what to do, where it is more than the system can give", async () => {
    const config = await configOf({});
    const estimate = { total: 3e9, process: 1e9, step: 1e9, sampler: 0, state: 1e9 };
    expect(memoryWarning(estimate, 3e9, config)).toBeUndefined();
    const warning = memoryWarning(estimate, 1.25e9, config);
    expect(warning).toContain("about 3.0 GB of memory, and 1.3 GB are free");
    expect(warning).toContain("help: use a smaller --batch (now 32), or --set microBatches=2");
    const adviceFor = async (microBatches: number) =>
      memoryWarning(estimate, 1e9, await configOf({ batch: 12, microBatches }))?.split("\n")[1];
    expect(await adviceFor(4)).toContain("microBatches=6 to work through each batch in 6 parts");
    expect(await adviceFor(6)).toBe("help: use a smaller --batch (now 12)");
  });

  it("is refused where it cannot be had, with what makes it large", async () => {
    const config = await configOf({ latent: 300_000 });
    const estimate = await estimateMemory(config);
    expect(() => assertPossible(estimate, estimate.total, config)).not.toThrow();
    expect(() => assertPossible(estimate, estimate.total / 2, config)).toThrow("latent 300000");
  });
});
