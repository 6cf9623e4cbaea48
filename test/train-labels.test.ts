import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { atelier, drawPictures, eventsOf, temporaryFolder, tiny } from "./command-line.ts";

const folder = await temporaryFolder();
const short = [...tiny, "--architecture", "mlp", "--set", "logEvery=1", "--set", "checkpointEvery=3"] as const;
const train = (...words: readonly string[]) => atelier(folder, "train", ...words, ...short);

const textOf = (path: string) => readFile(join(folder, path), "utf8");
const reportOf = async (run: string): Promise<Record<string, unknown>> =>
  JSON.parse(await textOf(join(run, "data-report.json")));
/** Writes a table of labels of the first pictures. */
const label = (file: string, labels: readonly string[]) =>
  writeFile(
    join(folder, file),
    `file,label\n${labels.map((each, index) => `picture-${index}.png,${each}\n`).join("")}`,
  );
const digestsOf = async (run: string, ...files: readonly string[]) =>
  Promise.all(
    files.map(async (file) =>
      createHash("sha256")
        .update(await readFile(join(folder, run, file)))
        .digest("hex"),
    ),
  );

beforeAll(async () => {
  await drawPictures(join(folder, "discs"), 40);
  await label(
    "few.csv",
    Array.from({ length: 12 }, (_, index) => ["ant", "bee", "owl"][index % 3] ?? ""),
  );
});

describe("a plan", () => {
  it("says how many images have labels, what is made of them, and that the user may leave them out", async () => {
    const planned = await train("discs", "--labels", "few.csv", "--dry-run");
    expect(planned.stderr).toBe("");
    expect(planned.stdout).toMatch(/classes +3 +1\d of 36 training images have a label, .*conditional GAN/);
    expect(planned.stdout).toMatch(/model +gan +the sharpest pictures, also of a class/);
    const without = await train("discs", "--labels", "few.csv", "--set", "classes=0", "--dry-run");
    expect(without.stdout).not.toContain("classifier");
  });

  it("says what is held out of few labels, what is to be known of the table, and takes one table only", async () => {
    await label("most.csv", [
      "ant",
      "bee",
      "ant",
      "bee",
      "ant",
      "bee",
      "ant",
      "bee",
      "ant",
      "bee",
      "ant",
      "bee",
      "emu",
    ]);
    const table = await textOf("most.csv");
    await writeFile(join(folder, "most.csv"), `${table}nowhere.png,ant\n`);
    const { stdout } = await train("discs", "--labels", "most.csv", "--set", "heldOut=0.5", "--dry-run");
    expect(stdout).toMatch(/classes +2 .*; \d+ more labels are on held-out images: --set heldOut=0 trains with all/);
    expect(stdout).toMatch(/About the labels:\n {2}most.csv line 15: there is no image nowhere.png/);
    const json = await train("discs", "--labels", "most.csv", "--dry-run", "--json");
    expect(JSON.parse(json.stdout).remarks).toHaveLength(1);
    await label("empty.csv", ["", ""]);
    expect((await train("discs", "--labels", "empty.csv", "--dry-run")).stdout).toContain(
      "empty.csv: all 2 label cells are empty",
    );
    const twice = await train("discs", "--labels", "few.csv", "--labels", "most.csv", "--dry-run");
    expect([twice.status, twice.stdout]).toEqual([2, ""]);
    expect(twice.stderr).toMatch(/--labels: expected one file, received few.csv and most.csv\nhelp: join the tables/);
  });

  it.each([
    [["ant"], "only one training image has a label, ant: there is nothing to tell apart"],
    [["ant", "ant", "ant", "ant"], "all labels say ant: there is nothing to tell apart"],
  ])("learns no classes from the labels %o, and says why", async (labels, reason) => {
    await label("one.csv", labels);
    const { stdout, stderr } = await train("discs", "--labels", "one.csv", "--set", "heldOut=0", "--dry-run");
    expect(stderr).toBe("");
    expect(stdout).toMatch(new RegExp(`classes +0 +${reason}`));
  });

  it("is refused for labels that are no classes, with advice", async () => {
    await label(
      "measures.csv",
      Array.from({ length: 40 }, (_, index) => String(index / 7)),
    );
    const { status, stderr } = await train("discs", "--labels", "measures.csv", "--dry-run");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^atelier: measures\.csv: .* different numbers, such as .*\nhelp: .*--set classes=0/);
    const without = await train("discs", "--labels", "measures.csv", "--set", "classes=0", "--dry-run");
    expect(without.status).toBe(0);
  });
});

describe("a run with labels", () => {
  it("is of two classes or of fifty, and tells the images of each", async () => {
    for (let kind = 0; kind < 50; kind++) await drawPictures(join(folder, "fifty", `kind ${kind}`), 2);
    const fifty = await train("fifty", "--steps", "2", "--set", "heldOut=0", "--out", "fifty-run");
    expect([fifty.status, fifty.stderr]).toEqual([0, ""]);
    const labels = Object.fromEntries(Array.from({ length: 50 }, (_, kind) => [`kind ${kind}`, 2]));
    expect(await reportOf("fifty-run")).toMatchObject({ splits: { train: { images: 100, labels, unlabelled: 0 } } });

    await label("two.csv", ["ant", "bee"]);
    const two = await train("discs", "--labels", "two.csv", "--steps", "2", "--set", "heldOut=0", "--out", "two-run");
    expect([two.status, two.stderr]).toEqual([0, ""]);
    expect(two.stdout).toContain("classifier.onnx: its error is not known, as no held-out image has a label");
    expect(await reportOf("two-run")).toMatchObject({
      splits: { train: { images: 40, labels: { ant: 1, bee: 1 }, unlabelled: 38 } },
    });
    const { config }: { config: unknown } = JSON.parse(await textOf("two-run/config.json"));
    expect(config).toMatchObject({ classes: 2, classifier: { batch: 2 } });
    expect(await readdir(join(folder, "two-run"))).toContain("classifier.onnx");
  });

  it("is told what to label next in a table that has all labels it knew, and the command that trains as before", async () => {
    await label("first.csv", ["ant", "bee", "ant", "bee", "ant", "bee", ""]);
    const run = await train("discs", "--labels", "first.csv", "--steps", "2", "--out", "first");
    expect(run.stdout).toContain("npx atelier generate first --by-class");
    expect(run.stdout).toContain("npx atelier label-next first");
    const { stdout } = await atelier(folder, "label-next", "first", "-n", "2");
    const [, ...rows] = (await textOf("first/label-next.csv")).trim().split("\n");
    const known = (await textOf("first.csv")).trim().split("\n").slice(1, 7);
    expect([rows.slice(0, 6).sort(), rows.length]).toEqual([known, 8]);
    for (const row of rows.slice(6)) expect(row).toMatch(/^picture-\d+\.png,$/);
    expect(stdout).toContain(
      "Fill in the last 2 rows of first/label-next.csv, which has the 6 known labels above them",
    );
    const command = /npx atelier train (.*)/.exec(stdout)?.[1] ?? "";
    const planOf = async (...words: readonly string[]) =>
      JSON.parse((await atelier(folder, ...words, "--dry-run", "--json")).stdout).config;
    const again = await planOf("train", ...command.split(" "));
    const { config } = JSON.parse(await textOf("first/config.json"));
    expect(again).toEqual({ ...config, labels: "first/label-next.csv" });
  });

  it("tells of a class that a table hides, and of one that is held out alone", async () => {
    for (const kind of ["ant", "bee", "owl"]) await drawPictures(join(folder, "parts", "train", kind), 8);
    await drawPictures(join(folder, "parts", "test", "wasp"), 4);
    const hidden = Array.from({ length: 8 }, (_, index) => `owl/picture-${index}.png,\n`).join("");
    await writeFile(join(folder, "parts", "train", "labels.csv"), `file,label\n${hidden}`);
    const { status } = await train("parts", "--steps", "2", "--out", "parts-run");
    expect(status).toBe(0);
    const report = await reportOf("parts-run");
    expect(report).toMatchObject({ splits: { train: { images: 24, labels: { ant: 8, bee: 8 }, unlabelled: 8 } } });
    expect(JSON.stringify(report["remarks"])).toContain("no image is labelled owl any more: train/labels.csv takes");
    expect(JSON.stringify(report["remarks"])).toContain("no training image is labelled wasp");
  });

  it("goes on as if never stopped, with the labels where they are now, and with no other classes", async () => {
    const labelled = ["discs", "--labels", "few.csv"] as const;
    // Usual values of these follow from the number of steps.
    const fixed = ["--set", "sampleEvery=10", "--set", "averageHalfLife=9"] as const;
    expect((await train(...labelled, "--steps", "3", "--out", "halves", ...fixed)).stderr).toBe("");
    expect((await train(...labelled, "--steps", "6", "--out", "straight", ...fixed)).stderr).toBe("");
    const other = await atelier(
      folder,
      "train",
      ...labelled,
      "--out",
      "halves",
      "--resume",
      "--steps",
      "6",
      "--set",
      "classes=0",
    );
    expect(other.status).not.toBe(0);
    expect(other.stderr).toContain("expected the run's own classes, 3, received 0");

    await writeFile(join(folder, "moved.csv"), await textOf("few.csv"));
    const resumed = await atelier(
      folder,
      "train",
      "discs",
      "--labels",
      "moved.csv",
      "--out",
      "halves",
      "--resume",
      "--steps",
      "6",
    );
    expect([resumed.status, resumed.stderr]).toEqual([0, ""]);
    const files = ["checkpoints/step-000006.safetensors", "generator.onnx", "classifier.onnx"];
    expect(await digestsOf("halves", ...files)).toEqual(await digestsOf("straight", ...files));
    const losses = async (run: string) =>
      (await eventsOf(join(folder, run))).filter(({ type }) => type === "step").map(({ report }) => report);
    expect(await losses("halves")).toEqual(await losses("straight"));

    await label("few.csv", ["owl", "ant", "bee", "ant"]);
    const changed = await atelier(folder, "train", ...labelled, "--out", "halves", "--resume", "--steps", "9");
    expect(changed.status).toBe(1);
    expect(changed.stderr).toContain("given other labels");
  });
});
