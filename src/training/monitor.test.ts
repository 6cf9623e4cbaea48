import { afterAll, describe, expect, it } from "vitest";
import { drawPictures, temporaryFolder } from "../../test/command-line.ts";
import { ownCache } from "../../test/software-gpu.ts";
import { openSource, packDataset, type Split } from "../data/index.ts";
import { formatOf } from "../methods/index.ts";
import type { PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { TrainingMonitor } from "./monitor.ts";
import { fittingOf } from "./preparation.ts";

await ownCache();

const folder = await temporaryFolder();
await drawPictures(folder, 200);
const some = await openSource(folder);

/** The monitor of a run on 200 pictures, and its data. */
async function opened(given: PartialConfig["evaluation"] = {}, heldOut = 0.5) {
  const evaluation = { every: 10, images: 100, ...given };
  const { config } = await planTraining({ size: 16, channels: 3, heldOut, evaluation }, some);
  const packing = { format: formatOf(config), fitting: fittingOf(config), seed: 0, heldOutFraction: heldOut };
  const dataset = await packDataset(some, packing);
  afterAll(() => dataset.close());
  const monitor = await TrainingMonitor.open(config, dataset, new AbortController().signal);
  if (monitor === undefined) throw new Error("there are enough images");
  return { monitor, dataset };
}

/** A generator that returns the images of a part of the data, each nudged. */
const imagesOf =
  (split: Split, rowOf = (index: number) => index) =>
  async (first: number, count: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(count * split.imageBytes);
    for (let index = 0; index < count; index++) {
      split.copyImage(rowOf(first + index) % split.count, bytes, index * split.imageBytes);
    }
    return bytes;
  };

async function scored(
  { monitor }: Awaited<ReturnType<typeof opened>>,
  pictures: (first: number, count: number) => Promise<Uint8Array>,
) {
  const scores = await monitor.evaluate(pictures, new AbortController().signal);
  if (scores === "stopped") throw new Error("nothing stopped it");
  return scores;
}

const noise = async (_: number, count: number) =>
  Uint8Array.from({ length: count * 3 * 256 }, (__, index) => (index * 7919) % 256);

describe("the scores of a generator in training", () => {
  it("tell pictures that are like real ones from noise, and one picture from many", async () => {
    const { monitor, dataset } = await opened();
    const real = await scored({ monitor, dataset }, imagesOf(dataset.heldOut));
    expect(real).toMatchObject({ reference: "heldOut", generated: 100, real: 100 });
    expect([real.scores["precision"], real.scores["recall"]]).toEqual([1, 1]);
    expect(real.diversity).toBeCloseTo(1, 6);
    const bad = await scored({ monitor, dataset }, noise);
    expect(bad.scores["kid"]).toBeGreaterThan((real.scores["kid"] ?? 0) + 1);
    expect(bad.scores["recall"]).toBe(0);
    const one = await scored(
      { monitor, dataset },
      imagesOf(dataset.heldOut, () => 0),
    );
    expect(one.diversity).toBeCloseTo(0, 6);
    await monitor.release();
  });

  it("have a gap above 0 for a generator that returns its training images, and below 0 for held-out ones", async () => {
    const { monitor, dataset } = await opened();
    const copied = await scored({ monitor, dataset }, imagesOf(dataset.train));
    const other = await scored({ monitor, dataset }, imagesOf(dataset.heldOut));
    expect(copied.trainGap).toBeGreaterThan(0);
    expect(other.trainGap).toBeLessThan(0);
    await monitor.release();
  });

  it("are the same when the features of the real images come from the cache, and for every metric a number", async () => {
    const metrics = {
      metrics: ["kid", "fid", "precision", "recall", "density", "coverage"],
    } satisfies PartialConfig["evaluation"];
    const [first, second] = [await opened(metrics), await opened(metrics)];
    const { seconds: _, ...one } = await scored(first, imagesOf(first.dataset.train));
    const { seconds: __, ...other } = await scored(second, imagesOf(second.dataset.train));
    expect(one).toEqual(other);
    expect(Object.keys(one.scores)).toEqual(metrics.metrics);
    for (const value of Object.values(one.scores)) expect(Number.isFinite(value)).toBe(true);
    await first.monitor.release();
    await second.monitor.release();
  });

  it("are against training images where fewer than 50 are held out, and nobody can tell a gap", async () => {
    const few = await opened({ images: 64 }, 0.2);
    const scores = await scored(few, imagesOf(few.dataset.train));
    expect(scores).toMatchObject({ reference: "train", generated: 64, real: 64, trainGap: null });
    await few.monitor.release();
  });

  it("are given up when the run is stopped", async () => {
    const { monitor, dataset } = await opened();
    const stop = new AbortController();
    const pictures = imagesOf(dataset.train);
    const stopping = (first: number, count: number) => {
      stop.abort();
      return pictures(first, count);
    };
    expect(await monitor.evaluate(stopping, stop.signal)).toBe("stopped");
    await monitor.release();
  });
});
