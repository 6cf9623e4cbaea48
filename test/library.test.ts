import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { drawPictures, temporaryFolder } from "./command-line.ts";

const folder = await temporaryFolder();

/** A program of a user of the library. */
const program = `
import { AtelierError, Generator, openDataset, train } from ${JSON.stringify(pathToFileURL(resolve("dist/index.js")).href)};

const stop = new AbortController();
const seen = [];
const options = { data: "discs", out: "run", size: 16, batch: 4, width: 4, latent: 8, steps: 1000, logEvery: 1 };
for await (const event of train(options, { signal: stop.signal })) {
  seen.push(event.type);
  if (event.type === "step" && event.step === 6) stop.abort();
  if (event.type === "end") console.log(event.outcome, event.step < 1000);
}
console.log(["plan", "start", "samples", "step", "end"].every((type) => seen.includes(type)));

const generator = await Generator.load("run/generator.onnx");
const { bytes, count } = await generator.sample({ count: 3, seed: 7 });
console.log(count, bytes.length === 3 * 3 * 16 * 16, generator.metadata.latent);
await generator.release();

const dataset = await openDataset("discs", { format: { height: 8, width: 8, channels: 1 } });
const pixels = new Uint8Array(dataset.train.imageBytes);
dataset.train.copyImage(0, pixels, 0);
console.log(dataset.train.count, dataset.heldOut.count, pixels.length, pixels.some((value) => value > 0));
dataset.close();

const wrong = await train({ data: "discs", stepz: 3 }).next().catch((error) => error);
console.log(wrong instanceof AtelierError, wrong.details.help);
`;

describe("the built package", () => {
  it("trains, stops on request, and samples, as a library", async () => {
    await drawPictures(join(folder, "discs"), 8);
    await writeFile(join(folder, "program.mjs"), program);
    const { stdout, stderr, status } = spawnSync(process.execPath, ["program.mjs"], {
      cwd: folder,
      env: { ...process.env, ATELIER_CACHE: join(folder, "cache") },
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout.split("\n").slice(0, -1)).toEqual([
      "stopped true",
      "true",
      "3 true 8",
      "8 0 64 true",
      'true did you mean "steps"?',
    ]);
    expect(status).toBe(0);
  });
});
