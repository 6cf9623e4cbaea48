import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync } from "fflate";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { atelier, drawPictures, eventsOf, temporaryFolder, tiny } from "./command-line.ts";

const folder = await temporaryFolder();
const steps = [...tiny, "--steps", "12", "--set", "checkpointEvery=6", "--set", "logEvery=1"] as const;

const train = async (data: readonly string[], run: string, ...more: readonly string[]) => {
  const outcome = await atelier(folder, "train", ...data, ...steps, "--out", run, ...more);
  expect(outcome.stderr).toBe("");
  expect(outcome.status).toBe(0);
  return outcome.stdout;
};

const digestOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** Everything that a run has learned: both checkpoints, the samples, the generator, and the losses of every step. */
async function learned(run: string): Promise<Readonly<Record<string, unknown>>> {
  const inside = async (path: string) =>
    (await readdir(join(folder, run, path))).filter((name) => name !== "real.png").map((name) => join(path, name));
  const files = [...(await inside("checkpoints")), ...(await inside("samples")), "generator.onnx"];
  const contents = await Promise.all(
    files.map(async (file) => [file, digestOf(await readFile(join(folder, run, file)))] as const),
  );
  const losses = (await eventsOf(join(folder, run))).filter(({ type }) => type === "step").map(({ report }) => report);
  return { ...Object.fromEntries(contents), losses };
}

const dataReport = async (run: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(folder, run, "data-report.json"), "utf8"));

beforeAll(async () => {
  await drawPictures(join(folder, "discs"), 40);
});

describe("labels that are hidden", () => {
  const names = Array.from({ length: 40 }, (_, index) => `picture-${index}.png`);
  const tableOf = (labelOf: (index: number) => string) =>
    `file,label\n${names.map((name, index) => `${name},${labelOf(index)}\n`).join("")}`;

  it("cannot influence training: without them, and with wrong ones, every byte is the same", async () => {
    await writeFile(
      join(folder, "all.csv"),
      tableOf((index) => ["red", "green", "blue"][index % 3] ?? ""),
    );
    const said = await train(["discs"], "drawn", "--labels", "all.csv", "--labels-per-class", "2");
    expect(said).toContain("labelsPerClass");
    const table = await readFile(join(folder, "drawn", "labels.csv"), "utf8");
    const shown = [...table.matchAll(/^picture-.*,(\w+)$/gm)].map(([, label]) => label);
    for (const label of ["red", "green", "blue"]) expect(shown.filter((each) => each === label)).toHaveLength(2);
    expect(shown).toHaveLength(6);

    // The same labels as all there are; then beside wrong ones, which the draw that the run has stored takes out again.
    await train(["discs"], "alone", "--labels", "drawn/labels.csv");
    await drawPictures(join(folder, "wrong"), 40);
    await writeFile(
      join(folder, "wrong", "labels.csv"),
      tableOf((index) => ["blue", "red"][index % 2] ?? ""),
    );
    await train(["wrong"], "beside", "--labels", "drawn/labels.csv");
    const first = await learned("drawn");
    expect(Object.keys(first).length).toBeGreaterThan(5);
    expect(await learned("alone")).toEqual(first);
    expect(await learned("beside")).toEqual(first);

    expect(await dataReport("drawn")).toMatchObject({
      found: 40,
      read: 40,
      labelDraw: { perClass: 2, classes: ["blue", "green", "red"].map((name) => ({ name, kept: 2 })) },
      splits: { train: { images: 36, labels: { red: 2, green: 2, blue: 2 }, unlabelled: 30 } },
    });
  });

  it("are others for another seed", async () => {
    await train(["discs"], "other-seed", "--labels", "all.csv", "--labels-per-class", "2", "--seed", "1");
    const [one, other] = await Promise.all(
      ["drawn", "other-seed"].map((run) => readFile(join(folder, run, "labels.csv"), "utf8")),
    );
    expect(one).not.toBe(other);
  });
});

describe("the same pictures from elsewhere", () => {
  it("as a .zip, train to the same generator, and resume in the folder", async () => {
    const files = await Promise.all(
      (await readdir(join(folder, "discs"))).map(
        async (name) => [`discs/${name}`, new Uint8Array(await readFile(join(folder, "discs", name)))] as const,
      ),
    );
    await writeFile(join(folder, "discs.zip"), zipSync(Object.fromEntries(files)));
    await train(["discs"], "unpacked");
    await train(["discs.zip"], "packed");
    expect(await learned("packed")).toEqual(await learned("unpacked"));
    await train(["discs"], "packed", "--resume", "--steps", "18");
    await train(["discs.zip"], "unpacked", "--resume", "--steps", "18");
    expect(await learned("packed")).toEqual(await learned("unpacked"));
  });

  it("in two places, train together", async () => {
    await drawPictures(join(folder, "more", "discs"), 10);
    const said = await train(["discs", "more/discs", "discs.zip"], "joined");
    expect(said).toContain("81 images to learn from, 9 held out");
    expect(await dataReport("joined")).toMatchObject({ found: 90, read: 90, skipped: [] });
  });

  it("do not resume when one of them has been changed, though its name is the same", async () => {
    await drawPictures(join(folder, "changing"), 20);
    await train(["changing"], "changed");
    await sharp({ create: { width: 24, height: 24, channels: 3, background: "red" } })
      .png()
      .toFile(join(folder, "changing", "picture-3.png"));
    const { status, stderr } = await atelier(
      ...([folder, "train", "changing", ...steps, "--out", "changed", "--resume", "--steps", "18"] as const),
    );
    expect(status).toBe(1);
    expect(stderr).toContain("images were changed, added, removed");
  });
});

describe("pictures that are not square", () => {
  it("are trained, sampled and generated in the size that was asked for", async () => {
    await train(["discs"], "wide", "--size", "24x16", "--fit", "contain", "--pad", "reflect");
    const { status } = await atelier(folder, "generate", "wide", "-n", "2", "--out", "made");
    expect(status).toBe(0);
    const [first = ""] = await readdir(join(folder, "made"));
    expect(await sharp(join(folder, "made", first)).metadata()).toMatchObject({ width: 24, height: 16 });
  });
});

describe("mirrored pictures", () => {
  it("change what is learned, the same way every time, also across a stop", async () => {
    await train(["discs"], "plain");
    await train(["discs"], "mirrored", "--mirror");
    await train(["discs"], "mirrored-in-two", "--mirror", "--steps", "6");
    await train(["discs"], "mirrored-in-two", "--resume", "--steps", "12");
    const mirrored = await learned("mirrored");
    expect(mirrored).not.toEqual(await learned("plain"));
    const { losses } = await learned("mirrored-in-two");
    expect(losses).toEqual(mirrored["losses"]);
  });
});

describe("data that cannot be used", () => {
  it("a table of labels of other images", async () => {
    await writeFile(join(folder, "others.csv"), "file,label\ncat.jpg,cat\n");
    const { status, stderr } = await atelier(folder, "train", "discs", ...steps, "--labels", "others.csv");
    expect(status).toBe(1);
    expect(stderr).toMatch(/others\.csv.*cat\.jpg[^]*\nhelp: /);
  });

  it("a folder where a file lies that is no image, and an archive that is cut short", async () => {
    await mkdir(join(folder, "texts"), { recursive: true });
    await writeFile(join(folder, "texts", "notes.txt"), "hello");
    expect((await atelier(folder, "train", "texts", ...steps)).stderr).toContain("1 file: notes.txt");
    const whole = await readFile(join(folder, "discs.zip"));
    await writeFile(join(folder, "cut.zip"), whole.subarray(0, whole.length / 2));
    const { status, stderr } = await atelier(folder, "train", "cut.zip", ...steps);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^atelier: cut\.zip: expected a whole file, received .*\nhelp: copy or download the file again\n$/,
    );
  });
});
