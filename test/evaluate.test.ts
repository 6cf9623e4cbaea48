import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { scoreCardSchema } from "../src/evaluation/index.ts";
import { atelier, drawPictures, start, temporaryFolder, tiny, until } from "./command-line.ts";

const folder = await temporaryFolder();
const files = (name: string) => readdir(join(folder, name));
const text = (name: string) => readFile(join(folder, name), "utf8");

beforeAll(async () => {
  await drawPictures(join(folder, "data", "discs"), 60);
  await drawPictures(join(folder, "data", "other"), 60);
  await drawPictures(join(folder, "more"), 40);
  const flags = [...tiny, "--set", "heldOut=0.2", "--out", "run"];
  const { status, stderr } = await atelier(folder, "train", "data", ...flags);
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

describe("atelier evaluate", () => {
  it("scores a run against its held-out images, and keeps the card, the copy check and the report in the run", async () => {
    const { status, stdout, stderr } = await atelier(folder, "evaluate", "run", "-n", "50");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    for (const shown of ["KID", "FID", "Precision", "held-out", "random embedding"]) expect(stdout).toContain(shown);
    const card = scoreCardSchema.parse(JSON.parse(await text("run/scores.json")));
    expect(card.subject).toMatchObject({ kind: "run", place: "run", weights: "average", images: 50 });
    expect(card.reference).toMatchObject({ place: "data", split: "heldOut", train: 96, heldOut: 24 });
    expect(card.scores.find(({ metric }) => metric === "fid")?.unsafe.join()).toContain("biased upward");
    const { width, height } = await sharp(join(folder, "run", "copies.png")).metadata();
    expect(width * height).toBeGreaterThan(1000);
    expect(await text("run/report.html")).toContain("KID");
  });

  it("prints the same card as JSON, and nothing else, for the same seed", async () => {
    const flags = ["evaluate", "run", "-n", "50", "--metrics", "kid,prdc", "--json", "--out", "card"];
    const [one, other] = [await atelier(folder, ...flags), await atelier(folder, ...flags)];
    expect(one.status).toBe(0);
    const card = scoreCardSchema.parse(JSON.parse(one.stdout));
    expect(card.scores.map(({ metric }) => metric)).toContain("coverage");
    expect(scoreCardSchema.parse(JSON.parse(other.stdout)).scores).toEqual(card.scores);
    expect(await files("card")).toEqual(["scores.json"]);
    const before = await text("run/scores.json");
    await atelier(folder, "evaluate", "run", "-n", "20", "--metrics", "kid");
    // Some scores alone do not replace the whole card.
    expect(await text("run/scores.json")).toBe(before);
  });

  it("compares a data set with another, or a generator's file with real images", async () => {
    const sets = await atelier(folder, "evaluate", "more", "--against", "data", "--split", "all", "--metrics", "kid");
    expect([sets.status, sets.stderr]).toEqual([0, ""]);
    const file = await atelier(
      folder,
      "evaluate",
      "run/generator.onnx",
      "--against",
      "more",
      "-n",
      "20",
      "--split",
      "all",
    );
    expect([file.status, file.stderr]).toEqual([0, ""]);
  });
});

describe("what atelier evaluate refuses", () => {
  const refusal = async (...words: readonly string[]) => {
    const before = await files(".");
    const { status, stdout, stderr } = await atelier(folder, "evaluate", ...words);
    expect(await files(".")).toEqual(before);
    return { status, stdout, stderr };
  };

  it("images of other sizes or channels on the two sides", async () => {
    await mkdir(join(folder, "small"), { recursive: true });
    await mkdir(join(folder, "grey"), { recursive: true });
    for (let index = 0; index < 12; index++) {
      const picture = sharp({
        create: { width: 8, height: 8, channels: 3, background: { r: 20 * index, g: 9, b: 7 } },
      });
      await picture.png().toFile(join(folder, "small", `${index}.png`));
      const grey = sharp(Buffer.alloc(24 * 24, index * 10), { raw: { width: 24, height: 24, channels: 1 } });
      await grey
        .toColourspace("b-w")
        .png()
        .toFile(join(folder, "grey", `${index}.png`));
    }
    const sizes = await refusal("small", "--against", "data");
    expect(sizes.status).toBe(1);
    expect(sizes.stderr).toMatch(/small and data: expected images of one size on both sides, received 8 px and \d+ px/);
    expect(sizes.stderr).toContain("help: add --size");
    const channels = await refusal("grey", "--against", "more", "--size", "24");
    expect(channels.stderr).toContain("received grey and colour\nhelp: add --channels 1 or --channels 3");
    const brought = await atelier(folder, "evaluate", "small", "--against", "data", "--size", "16", "--metrics", "kid");
    expect([brought.status, brought.stderr]).toEqual([0, ""]);
  });

  it("too few images", async () => {
    const { status, stderr } = await refusal("run", "-n", "3");
    expect(status).toBe(1);
    expect(stderr).toContain("run: expected at least 10 images to compare, received 3");
  });

  it("a features file that is not ONNX, and one without that layer", async () => {
    await writeFile(join(folder, "features.onnx"), "not a network");
    const damaged = await refusal("run", "--features", "features.onnx");
    expect(damaged.status).not.toBe(0);
    expect(damaged.stderr).toContain("features.onnx");
    expect(damaged.stderr).toContain("help:");
    const missing = await refusal("run", "--features", "nothing.onnx");
    expect(missing.stderr).toContain("nothing.onnx");
  });

  it("names that it does not know, and flags that do not go together", async () => {
    expect((await refusal("run", "--metrics", "kidd")).stderr).toContain("help: did you mean kid?");
    expect((await refusal("run", "--split", "tset")).stderr).toContain("expected heldOut, train, all");
    expect((await refusal("run", "--layer", "relu5")).stderr).toContain("help: name a pretrained network");
    expect((await refusal("data")).stderr).toContain("help: add --against DATA");
    const wrong = await refusal("run", "--size", "32");
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining("the generator decides")]);
    expect((await refusal("nowhere", "--against", "data")).status).toBe(2);
  });

  it("an interrupted evaluation leaves nothing", async () => {
    const { child, outcome } = start(folder, "evaluate", "run", "-n", "4000", "--out", "interrupted", "--seed", "5");
    let shown = "";
    child.stdout?.on("data", (chunk: string) => {
      shown += chunk;
    });
    await until(() => Promise.resolve(shown !== ""));
    child.kill("SIGINT");
    const { status, stderr } = await outcome;
    expect(status).toBe(1);
    expect(stderr).toContain("help: nothing was written");
    expect(await files(".")).not.toContain("interrupted");
  });
});
