import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { atelier, drawPictures, eventsOf, start, temporaryFolder, tiny, until } from "./command-line.ts";

const folder = await temporaryFolder();
const everyStep = ["--set", "logEvery=1", "--set", "checkpointEvery=20", "--set", "sampleEvery=20"] as const;

/** Steps of some 20 milliseconds, so that a signal meets a run that is still at work. */
const slow = ["--set", "width=64", "--batch", "16"] as const;

beforeAll(async () => {
  await drawPictures(join(folder, "discs"), 40);
});

describe("atelier train", () => {
  it("makes a run and says where the pictures are", async () => {
    const { status, stdout, stderr } = await atelier(folder, "train", "discs", ...tiny, "--steps", "30");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const run = join(folder, "runs", "discs");
    expect((await readdir(run)).sort()).toEqual(
      [
        "checkpoints",
        "config.json",
        "data-report.json",
        "events.jsonl",
        "generator.onnx",
        "report.html",
        "samples",
      ].sort(),
    );
    expect(stdout).toContain("36 images to learn from, 4 held out");
    expect(stdout).toContain(join("runs", "discs", "samples", "000030.png"));
    const grid = await sharp(join(run, "samples", "000030.png")).metadata();
    expect([grid.width, grid.height]).toEqual([8 * (64 + 2) + 2, 8 * (64 + 2) + 2]);
    expect(await readdir(join(run, "checkpoints"))).toEqual(["step-000020.safetensors", "step-000030.safetensors"]);
    expect((await eventsOf(run)).map(({ type }) => type)).toContain("end");
  });

  it("takes a new folder for a second run and refuses one that is named and taken", async () => {
    expect((await atelier(folder, "train", "discs", ...tiny, "--dry-run")).stdout).toContain(join("runs", "discs-2"));
    const taken = await atelier(folder, "train", "discs", ...tiny, "--out", "runs/discs");
    expect(taken.status).toBe(2);
    expect(taken.stderr).toContain("received a folder that already holds a run\nhelp: add --resume");
  });

  it("gives the same model for the same seed, and another for another", async () => {
    const words = ["train", "discs", ...tiny, "--steps", "12"];
    const models = await Promise.all(
      [
        ["one", "3"],
        ["two", "3"],
        ["three", "4"],
      ].map(async ([name = "", seed = ""]) => {
        expect((await atelier(folder, ...words, "--out", name, "--seed", seed)).status).toBe(0);
        return readFile(join(folder, name, "generator.onnx"));
      }),
    );
    expect(models[0]?.equals(models[1] ?? Buffer.of())).toBe(true);
    expect(models[0]?.equals(models[2] ?? Buffer.of())).toBe(false);
  });

  it("learns: the samples take on the colours of the pictures", async () => {
    await mkdir(join(folder, "red"));
    for (let index = 0; index < 16; index++) {
      const background = { r: 190 + 2 * index, g: 30 + index, b: 70 - index };
      const picture = sharp({ create: { width: 16, height: 16, channels: 3, background } });
      await picture.png().toFile(join(folder, "red", `${index}.png`));
    }
    const rates = ["--set", "learningRate.generator=1e-3", "--set", "learningRate.discriminator=1e-3"];
    const words = ["--out", "learned", "--steps", "250", "--set", "width=8", ...rates];
    expect((await atelier(folder, "train", "red", ...tiny, ...words)).status).toBe(0);
    const colour = async (name: string) => {
      const { channels } = await sharp(join(folder, "learned", "samples", name)).stats();
      return channels.map(({ mean }) => mean);
    };
    // The grids have the same white gaps, so that equal means are equal colours.
    const [before, after, real] = await Promise.all(["000000.png", "000250.png", "real.png"].map(colour));
    const distance = (other: readonly number[] = []) =>
      Math.hypot(...other.map((value, index) => value - (real?.[index] ?? 0)));
    expect(distance(before)).toBeGreaterThan(60);
    expect(distance(after)).toBeLessThan(distance(before) / 2);
  });

  it("trains the mlp architecture on grey pictures", async () => {
    const words = ["--out", "grey", "--architecture", "mlp", "--channels", "1", "--steps", "10"];
    expect((await atelier(folder, "train", "discs", ...tiny, ...words)).status).toBe(0);
    expect(JSON.parse(await readFile(join(folder, "grey", "config.json"), "utf8"))).toMatchObject({
      config: { architecture: "mlp", channels: 1 },
    });
  });

  it("prints only JSON events with --json", async () => {
    const { stdout } = await atelier(folder, "train", "discs", ...tiny, "--out", "json", "--steps", "4", "--json");
    const types = stdout
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line).type);
    expect(types[0]).toBe("plan");
    expect(types.at(-1)).toBe("end");
    expect(types).toContain("samples");
  });
});

describe("a run that is stopped", () => {
  /** The events without what a clock decides. */
  const timeless = async (run: string) =>
    (await eventsOf(join(folder, run)))
      .filter(({ type }) => type === "step")
      .map(({ step, report }) => ({ step, report }));

  const divided = ["microBatches=2", "gan.updates=one-stage", "gan.discriminatorNorm=spectral", "tuning=timed"];
  const moved = ["optimizer.name=adamw", "clipNorm=0.5", "schedule.shape=cosine", "schedule.warmup=25"];

  it.each([
    ["with the defaults", ["whole", "killed"], []],
    [
      "in parts, with timed forms and a schedule",
      ["whole-2", "killed-2"],
      [...divided, ...moved].flatMap((assignment) => ["--set", assignment]),
    ],
  ] as const)(
    "resumes after SIGKILL to the same numbers, bit for bit, as one that never stopped: %s",
    async (_, [whole, broken], more) => {
      const settings = [...tiny, ...everyStep, ...slow, "--steps", "40", ...more];
      const words = ["train", "discs", ...settings];
      expect((await atelier(folder, ...words, "--out", whole)).status).toBe(0);

      const killed = start(folder, ...words, "--out", broken);
      const log = join(folder, broken, "events.jsonl");
      await until(async () => (await readFile(log, "utf8").catch(() => "")).includes('"step":22,'));
      killed.child.kill("SIGKILL");
      await killed.outcome;
      const reached = (await eventsOf(join(folder, broken))).at(-1);
      expect(reached?.["step"]).toBeLessThan(40);
      expect(await readdir(join(folder, broken, "checkpoints"))).toContain("step-000020.safetensors");

      // What was timed is in the checkpoint too; timed again, it could come out otherwise.
      await rm(join(folder, "cache", "engine"), { recursive: true, force: true });
      // From another place, by another name: it is the same data.
      const elsewhere = ["train", `${join(folder, "discs")}/`, ...settings];
      const resumed = await atelier(folder, ...elsewhere, "--out", broken, "--resume");
      expect(resumed.stderr).toBe("");
      expect(resumed.status).toBe(0);
      expect(resumed.stdout).toContain(`Going on with ${broken}`);
      expect(resumed.stdout).toContain("going on after step 20");
      expect(resumed.stdout).not.toContain("timing the forms");
      for (const file of ["checkpoints/step-000040.safetensors", "samples/000040.png", "generator.onnx"]) {
        const [one, other] = await Promise.all([whole, broken].map((run) => readFile(join(folder, run, file))));
        expect(one?.equals(other ?? Buffer.of()), file).toBe(true);
      }
      expect(await timeless(broken)).toEqual(await timeless(whole));
    },
  );

  it("finishes its step on Ctrl-C, writes a checkpoint, and says how to go on", async () => {
    const running = start(folder, "train", "discs", ...tiny, ...everyStep, "--steps", "100000", "--out", "stopped");
    await until(async () =>
      (await readFile(join(folder, "stopped", "events.jsonl"), "utf8").catch(() => "")).includes('"step":5,'),
    );
    running.child.kill("SIGINT");
    const { status, stdout } = await running.outcome;
    expect(status).toBe(0);
    expect(stdout).toMatch(/Stopped after step \d+; a checkpoint is written\./);
    expect(stdout).toContain("npx atelier train discs --out stopped --resume");
    const last = (await eventsOf(join(folder, "stopped"))).at(-1);
    expect(last).toMatchObject({ type: "end", outcome: "stopped" });
    const more = await atelier(
      folder,
      "train",
      "discs",
      "--out",
      "stopped",
      "--resume",
      "--steps",
      String(Number(last?.["step"]) + 3),
    );
    expect(more.status).toBe(0);
  });

  it("does not resume from a damaged checkpoint, and says which file to delete", async () => {
    const path = join(folder, "whole", "checkpoints", "step-000040.safetensors");
    const good = await readFile(path);
    const flipped = Buffer.from(good);
    flipped[flipped.length - 10] = (flipped[flipped.length - 10] ?? 0) ^ 1;
    for (const bad of [flipped, good.subarray(0, good.length / 2), Buffer.alloc(0)]) {
      await writeFile(path, bad);
      const { status, stderr } = await atelier(folder, "train", "discs", "--out", "whole", "--resume", "--steps", "50");
      expect(status).toBe(1);
      expect(stderr).toContain(path.slice(folder.length + 1));
      expect(stderr).toContain("help: delete this file to resume from the checkpoint before it");
      expect((await readFile(path)).equals(bad)).toBe(true);
    }
    await writeFile(path, good);
  });

  it("resumes from its beginning when it was stopped at once", async () => {
    const words = ["train", "discs", ...tiny, ...slow, "--out", "early", "--steps", "40"];
    const killed = start(folder, ...words);
    await until(async () =>
      (await readdir(join(folder, "early", "checkpoints")).catch((): string[] => [])).includes(
        "step-000000.safetensors",
      ),
    );
    killed.child.kill("SIGKILL");
    await killed.outcome;
    expect((await atelier(folder, ...words, "--resume")).status).toBe(0);
  });

  it("can be stopped while its images are prepared, and leaves nothing in the way", async () => {
    // Large photographs: preparing them takes seconds.
    await mkdir(join(folder, "many"));
    const noise = {
      width: 2400,
      height: 1800,
      channels: 3,
      background: "black",
      noise: { type: "gaussian", mean: 128, sigma: 30 },
    } as const;
    const photo = await sharp({ create: noise }).jpeg().toBuffer();
    for (let index = 0; index < 60; index++) await writeFile(join(folder, "many", `${index}.jpg`), photo);
    const words = ["train", "many", ...tiny, "--size", "128", "--out", "prepared", "--steps", "2"];
    const running = start(folder, ...words);
    await until(async () =>
      (await readdir(join(folder, "cache", "datasets")).catch((): string[] => [])).some((name) =>
        name.startsWith("unfinished"),
      ),
    );
    running.child.kill("SIGINT");
    const { status, stdout } = await running.outcome;
    expect(status).toBe(0);
    expect(stdout).toContain("Stopped while the images were prepared; nothing has been trained.");
    expect(await readdir(join(folder, "prepared"))).toEqual([]);
    expect((await readdir(join(folder, "cache", "datasets"))).filter((name) => name.startsWith("unfinished"))).toEqual(
      [],
    );
  });

  it("is not trained by two processes at once", async () => {
    const words = ["train", "discs", ...tiny, ...everyStep, "--out", "shared-run", "--steps", "100000"];
    const first = start(folder, ...words);
    const log = join(folder, "shared-run", "events.jsonl");
    await until(async () => (await readFile(log, "utf8").catch(() => "")).includes('"step":2,'));
    const second = await atelier(folder, ...words, "--resume");
    first.child.kill("SIGINT");
    await first.outcome;
    expect(second.status).toBe(1);
    expect(second.stderr).toContain("expected a run in which no other process trains");
    expect(await readdir(join(folder, "shared-run"))).not.toContain("lock");
  });

  it("that never began leaves nothing in the way of the next", async () => {
    expect((await atelier(folder, "train", "discs", ...tiny, "--out", "retry", "--batch", "37")).status).toBe(2);
    const broken = join(folder, "broken-data");
    await mkdir(broken);
    for (const name of ["a.png", "b.png", "c.png"]) await writeFile(join(broken, name), "no");
    expect((await atelier(folder, "train", "broken-data", ...tiny, "--batch", "2", "--out", "retry")).status).toBe(1);
    // Nor does a kill before it began, which leaves the lock of a process that is gone.
    await mkdir(join(folder, "retry"), { recursive: true });
    await writeFile(join(folder, "retry", "lock"), "999999999");
    expect((await atelier(folder, "train", "discs", ...tiny, "--out", "retry", "--steps", "2")).status).toBe(0);
  });

  it("is not changed by asking for fewer steps than it has made", async () => {
    const before = await readFile(join(folder, "whole", "config.json"), "utf8");
    for (const steps of [[], ["--steps", "12"]]) {
      const { status, stderr } = await atelier(folder, "train", "discs", "--out", "whole", "--resume", ...steps);
      expect(status).toBe(2);
      expect(stderr).toContain("expected more steps than the 40 that are made");
      expect(stderr).toContain("help: add --steps 80");
    }
    expect(await readFile(join(folder, "whole", "config.json"), "utf8")).toBe(before);
  });

  it("refuses to resume on other images", async () => {
    const added = join(folder, "discs", "added.png");
    await copyFile(join(folder, "discs", "picture-0.png"), added);
    const { status, stderr } = await atelier(folder, "train", "discs", "--out", "whole", "--resume", "--steps", "50");
    await rm(added);
    expect(status).toBe(1);
    expect(stderr).toContain("discs: expected the training images that the run began with, received others");
  });

  it("refuses to resume with another configuration", async () => {
    const { status, stderr } = await atelier(folder, "train", "discs", "--out", "whole", "--resume", "--batch", "12");
    expect(status).toBe(2);
    expect(stderr).toContain("expected the run's own batch, 16, received 12");
  });
});

describe("broken and odd images", () => {
  it("shrink the batch that Atelier chose, and do not end the run", async () => {
    const data = join(folder, "mostly-broken");
    await drawPictures(data, 6);
    for (let index = 0; index < 20; index++) await writeFile(join(data, `broken-${index}.png`), "no");
    const words = ["--size", "16", "--set", "width=4", "--steps", "2", "--out", "mostly-broken-run"];
    expect((await atelier(folder, "train", "mostly-broken", ...words)).status).toBe(0);
    const { config, reasons } = JSON.parse(await readFile(join(folder, "mostly-broken-run", "config.json"), "utf8"));
    expect(config.batch).toBe(3);
    // A fifth of what 2 steps of 12 images see, in proportion.
    expect(config.averageHalfLife).toBeCloseTo((5 * 3) / 12, 9);
    expect(reasons.batch).toBe("half the 6 images that can be read");
  });

  it("are skipped by name, and the good ones train", async () => {
    const data = join(folder, "odd");
    await drawPictures(data, 12);
    const photo = await sharp({ create: { width: 40, height: 30, channels: 3, background: "teal" } })
      .jpeg()
      .toBuffer();
    await writeFile(join(data, "truncated.jpg"), photo.subarray(0, photo.length / 2));
    await writeFile(join(data, "empty.png"), "");
    await writeFile(join(data, "text.png"), "not a picture");
    await sharp(photo).toColourspace("cmyk").jpeg().toFile(join(data, "cmyk.jpg"));
    await sharp(photo).toColourspace("rgb16").png().toFile(join(data, "deep.png"));
    await sharp(photo).withMetadata({ orientation: 6 }).jpeg().toFile(join(data, "turned.jpg"));
    await sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } })
      .png()
      .toFile(join(data, "dot.png"));
    const frames = await sharp(Buffer.alloc(8 * 16 * 3, 90), {
      raw: { width: 8, height: 16, channels: 3, pageHeight: 8 },
    })
      .gif()
      .toBuffer();
    await writeFile(join(data, "moving.gif"), frames);
    const { status, stdout } = await atelier(folder, "train", "odd", ...tiny, "--steps", "3", "--out", "odd-run");
    expect(status).toBe(0);
    expect(stdout).toContain("Skipped 3 broken files");
    const report = JSON.parse(await readFile(join(folder, "odd-run", "data-report.json"), "utf8"));
    expect(report.skipped.map(({ file }: { readonly file: string }) => file).sort()).toEqual([
      "empty.png",
      "text.png",
      "truncated.jpg",
    ]);
    expect(report.splits.train.images + report.splits.heldOut.images).toBe(17);
  });

  it("leave nothing to learn from when all are broken", async () => {
    const data = join(folder, "all-broken");
    await drawPictures(data, 1);
    await writeFile(join(data, "picture-0.png"), "no");
    await copyFile(join(data, "picture-0.png"), join(data, "picture-1.png"));
    const { status, stderr } = await atelier(folder, "train", "all-broken", ...tiny, "--batch", "2");
    expect(status).toBe(1);
    expect(stderr).toContain("picture-0.png");
    expect(stderr).toContain("\nhelp: ");
    expect((await stat(data)).isDirectory()).toBe(true);
  });
});
