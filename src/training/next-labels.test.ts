import { describe, expect, it } from "vitest";
import type { Split } from "../data/index.ts";
import { nextLabels } from "./next-labels.ts";

const format = { height: 8, width: 8, channels: 1 } as const;

/** Grey images, each of its own brightness; every fourth has a label. */
const train: Split = {
  count: 40,
  imageBytes: 64,
  labels: Int32Array.from({ length: 40 }, (_, row) => (row % 4 === 0 ? 0 : -1)),
  names: Array.from({ length: 40 }, (_, row) => `${row}.png`),
  copyImage: (row, target, offset) => target.fill(6 * row, offset, offset + 64),
};

const dataset = { train, format };

/** Certain but for images of medium brightness. */
const classify = async (images: Uint8Array) =>
  Float32Array.from({ length: (images.length / 64) * 2 }, (_, place) => {
    const row = (images[Math.floor(place / 2) * 64] ?? 0) / 6;
    const dark = row < 17 ? 1 : row > 23 ? 0 : 0.5 + 0.05 * (19.5 - row);
    return place % 2 === 0 ? dark : 1 - dark;
  });

describe("the images to label next", () => {
  it("are uncertain ones without a label, with what the classifier takes them for", async () => {
    const next = await nextLabels(classify, dataset, ["dark", "bright"], { count: 5, seed: 3 });
    expect(next).toMatchObject({ unlabelled: 30, considered: 30 });
    const names = ["17.png", "18.png", "19.png", "21.png", "22.png", "23.png"];
    expect(names).toEqual(expect.arrayContaining(next.images.map(({ name }) => name)));
    expect(new Set(next.images.map(({ row }) => row)).size).toBe(5);
    for (const { row, name, guesses } of next.images) {
      expect(name).toBe(`${row}.png`);
      expect(guesses.map(({ label }) => label)).toEqual(row < 20 ? ["dark", "bright"] : ["bright", "dark"]);
      expect(guesses[0]?.probability).toBeCloseTo(0.5 + 0.05 * Math.abs(19.5 - row), 5);
    }
    expect(await nextLabels(classify, dataset, ["dark", "bright"], { count: 5, seed: 3 })).toEqual(next);
  });

  it("are none where all have labels", async () => {
    const labelled = { format, train: { ...train, labels: new Int32Array(40) } };
    const next = await nextLabels(classify, labelled, ["dark", "bright"], { count: 5, seed: 3 });
    expect(next).toEqual({ unlabelled: 0, considered: 0, images: [] });
  });

  it("are given up when the user stops", async () => {
    const reason = new Error("stopped");
    const signal = AbortSignal.abort(reason);
    const options = { count: 5, seed: 3, signal };
    await expect(nextLabels(classify, dataset, ["dark", "bright"], options)).rejects.toBe(reason);
  });
});
