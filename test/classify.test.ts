import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { openSource } from "../src/data/index.ts";
import { shareInterval } from "../src/metrics/index.ts";
import { atelier, drawPictures, eventsOf, temporaryFolder, tiny } from "./command-line.ts";

const folder = await temporaryFolder();
const scored = ["--set", "evaluation.every=10", "--set", "evaluation.images=50", "--set", "heldOut=0.2"];
const small = [...tiny, "--set", "architecture=mlp", "--steps", "20", "--set", "threads=1"];

const COUNT = 80;
/** Pictures of which training does not know the label, but the table of held-out and other images does. */
const labelOf = (index: number) => (index % 3 === 0 ? null : index % 2 === 0 ? "even, really" : "odd");

let trained = "";

beforeAll(async () => {
  await drawPictures(join(folder, "data"), COUNT);
  const lines = Array.from({ length: COUNT }, (_, index) => `picture-${index}.png,"${labelOf(index) ?? ""}"`);
  await writeFile(join(folder, "data", "labels.csv"), `file,label\n${lines.join("\n")}\n`);
  // Other images, in folders that are classes, one of which the run does not know.
  await drawPictures(join(folder, "others"), 9);
  for (const [place, name] of ["even, really", "odd", "new"].entries()) {
    await mkdir(join(folder, "others", name));
    for (let index = 3 * place; index < 3 * place + 3; index++) {
      const file = `picture-${index}.png`;
      await rename(join(folder, "others", file), join(folder, "others", name, file));
    }
  }
  const run = await atelier(folder, "train", "data", ...small, ...scored, "--out", "run");
  expect(run.stderr).toBe("");
  trained = run.stdout;
}, 120_000);

/** The table that a command wrote, without its header. */
async function rowsOf(file: string): Promise<readonly (readonly string[])[]> {
  const [header, ...lines] = (await readFile(join(folder, file), "utf8")).trim().split("\n");
  expect(header).toBe("file,label,guess,probability,uncertain");
  return lines.map((line) => /^([^,]+),("[^"]*"|[^,]*),("[^"]*"|[^,]*),([\d.]+),(yes|no)$/.exec(line)?.slice(1) ?? []);
}

const summaryOf = (text: string): Record<string, unknown> => JSON.parse(text);

describe("atelier train on images of which some have labels", () => {
  it("says how often the classifier is wrong, while it learns and at the end, in the log and in the report", async () => {
    const events = await eventsOf(join(folder, "run"));
    const scores = events.filter(({ type }) => type === "evaluation").map((event) => Object(event["scores"]));
    expect(scores).toHaveLength(2);
    const { images, wrong } = Object(events.at(-1)?.["classifier"]);
    expect(images).toBeGreaterThan(5);
    expect(scores.at(-1)["own-classifier-error"]).toBeCloseTo(wrong / images, 10);
    const percent = (100 * wrong) / images;
    const { low, high } = shareInterval(Uint8Array.from({ length: images }, (_, index) => Number(index < wrong)));
    const interval = `[${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
    expect(trained).toContain(`own classifier's error ${percent.toFixed(1)} %`);
    expect(trained).toContain(`${percent.toFixed(1)} % of ${images} held-out images wrong ${interval}`);
    expect(trained).toContain("npx atelier classify run IMAGES");
    const report = await readFile(join(folder, "run", "report.html"), "utf8");
    expect(report).toContain("<h2>Classifier</h2>");
    expect(report).toContain(`<b>${percent.toFixed(1)} %</b> for another class`);
  });
});

describe("atelier evaluate on a run of which labels were hidden", () => {
  it("judges by all labels, says how many of them the run has not seen, and asks no coders of a model without", async () => {
    const model = ["--model", "feature-matching", "--labels-per-class", "3", "--steps", "2"];
    const run = await atelier(folder, "train", "data", ...tiny, ...model, "--set", "width=8", "--out", "hidden");
    expect([run.status, run.stderr]).toEqual([0, ""]);
    expect(run.stdout).not.toContain("atelier reconstruct");
    const card = await atelier(folder, "evaluate", "hidden", "-n", "20", "--metrics", "class", "--json");
    expect([card.status, card.stderr]).toEqual([0, ""]);
    const { confusion }: { confusion: Record<string, number> } = JSON.parse(card.stdout);
    const { splits } = JSON.parse(await readFile(join(folder, "hidden", "data-report.json"), "utf8"));
    expect(splits.train.unlabelled).toBe(splits.train.images - 6);
    expect(confusion["labels"]).toBeGreaterThan(30);
    expect(confusion["hiddenLabels"]).toBe(Number(confusion["labels"]) - 6);
  });
});

describe("atelier classify", () => {
  it("finds the same error on the run's held-out images, and writes what it takes each for", async () => {
    const { status, stdout, stderr } = await atelier(folder, "classify", "run", "--json");
    expect([status, stderr]).toEqual([0, ""]);
    const { error, out, images, uncertain, threshold } = summaryOf(stdout);
    const [end] = (await eventsOf(join(folder, "run"))).slice(-1);
    expect(error).toEqual(end?.["classifier"]);
    expect([out, images, threshold]).toEqual([join("run", "classified.csv"), 16, 0.95]);
    const rows = await rowsOf(join("run", "classified.csv"));
    expect(rows).toHaveLength(16);
    expect(rows.filter(([, , , , mark]) => mark === "yes")).toHaveLength(Number(uncertain));
    for (const [, , , probability, mark] of rows) expect(mark).toBe(Number(probability) < 0.95 ? "yes" : "no");
  });

  it("takes other images, judges by the labels that the run knows, and overwrites nothing", async () => {
    const { status, stdout } = await atelier(folder, "classify", "run", "others", "--threshold", "0");
    expect(status).toBe(0);
    expect(stdout).toContain(`9 images classified, none uncertain (probability below 0)`);
    for (let index = 0; index < 9; index++) expect(stdout).toMatch(new RegExp(`picture-${index}.png .*(even|odd).* %`));
    expect(stdout).toMatch(/Judged by the images' own labels: [\d.]+ % of 6 images wrong/);
    expect(stdout).toContain("Images labelled new are not judged: the run has no such class.");
    const again = await atelier(folder, "classify", "run", "others", "--out", join("run", "classified.csv"));
    expect([again.status, again.stdout]).toEqual([2, ""]);
    expect(again.stderr).toContain("one that is there already");
  });

  it("writes a table of labels that keeps those of the user and adds no uncertain one", async () => {
    const { status, stdout } = await atelier(folder, "classify", "run", "data", "--out", "all.csv");
    expect(status).toBe(0);
    expect(stdout).toContain("The run learned from most of these images, so that says little of others");
    const rows = await rowsOf("all.csv");
    expect(rows).toHaveLength(COUNT);
    const { records } = await openSource(join(folder, "data"), { labels: join(folder, "all.csv") });
    const labels = new Map(records.map(({ name, label }) => [name, label]));
    let without = 0;
    for (const [file = "", , guess = "", , mark] of rows) {
      const own = labelOf(Number(/\d+/.exec(file)?.[0]));
      const answer = mark === "yes" ? null : guess.replaceAll('"', "");
      expect(labels.get(file)).toBe(own ?? answer);
      if (own === null && answer === null) without++;
    }
    const kept = `In the table ${without} uncertain answer`;
    expect(stdout.includes(kept)).toBe(without > 0);
    const all = await atelier(folder, "classify", "run", "data", "--threshold", "1", "--out", "certain.csv", "--json");
    expect(summaryOf(all.stdout)["unlabelled"]).toBeGreaterThan(20);
  });

  it("keeps the labels that a run was given with --labels, and judges by them", async () => {
    const lines = ["picture-0.png,odd", "picture-3.png,odd", "picture-2.png,odd"];
    await drawPictures(join(folder, "bare"), 40);
    const more = [1, 4, 5, 6, 7].map((index) => `picture-${index}.png,even`);
    await writeFile(join(folder, "few.csv"), `file,label\n${[...lines, ...more].join("\n")}\n`);
    const run = await atelier(folder, "train", "bare", "--labels", "few.csv", ...small, "--out", "few");
    expect(run.stderr).toBe("");
    const { stdout } = await atelier(folder, "classify", "few", "bare", "--threshold", "1", "--out", "bare.csv");
    expect(stdout).toContain("of 8 images wrong");
    const labels = (await rowsOf("bare.csv"))
      .filter(([, label]) => label !== "")
      .map(([file, label]) => `${file},${label}`);
    expect(labels.sort()).toEqual([...lines, ...more].sort());
  }, 60_000);

  it("refuses a run that learned no classes, a table of another name, and images that are not there", async () => {
    const plain = await atelier(
      folder,
      "train",
      "others",
      ...small,
      "--set",
      "classes=0",
      "--batch",
      "4",
      "--out",
      "none",
    );
    expect(plain.stderr).toBe("");
    expect(plain.stdout).not.toContain("classif");
    for (const command of ["classify", "label-next"]) {
      const { status, stderr } = await atelier(folder, command, "none");
      expect(status).toBe(2);
      expect(stderr).toContain("expected a run that learned classes, received one that was trained without labels");
      expect(stderr).toContain("--labels FILE");
    }
    const table = await atelier(folder, "classify", "run", "--out", "table.txt");
    expect([table.status, table.stderr.includes("expected FILE.csv, received table.txt")]).toEqual([2, true]);
    expect((await atelier(folder, "classify", "run", "nowhere")).status).toBe(2);
    expect((await atelier(folder, "classify", "run", "--threshold", "2")).stderr).toContain("a number from 0 to 1");
  }, 120_000);
});

describe("atelier label-next", () => {
  it("names images of the training part without a label, and writes a table to fill in and a picture", async () => {
    const flags = ["-n", "5", "--out", "next.csv", "--sheet", "next.png"];
    const { status, stdout, stderr } = await atelier(folder, "label-next", "run", ...flags);
    expect([status, stderr]).toEqual([0, ""]);
    const [header, ...lines] = (await readFile(join(folder, "next.csv"), "utf8")).trim().split("\n");
    expect(header).toBe("file,label");
    expect(new Set(lines).size).toBe(5);
    for (const line of lines) {
      const index = Number(/^picture-(\d+)\.png,$/.exec(line)?.[1]);
      expect(labelOf(index)).toBeNull();
      expect(stdout).toContain(`picture-${index}.png`);
    }
    expect(stdout).toContain("then train anew: npx atelier train data --labels next.csv");
    const { width, height } = await sharp(join(folder, "next.png")).metadata();
    // Pictures of 16 pixels, three times as large, with gaps of 2.
    expect(height).toBe(5 * 50 + 2);
    expect(width).toBeGreaterThanOrEqual(52);
  });

  it("gives the same in JSON, as many as there are", async () => {
    const { stdout } = await atelier(folder, "label-next", "run", "-n", "500", "--json");
    const { images, unlabelled } = summaryOf(stdout);
    expect(images).toHaveLength(Number(unlabelled));
    const first = Object(Object(images)[0]);
    expect(first.guesses.map(({ label }: { label: string }) => label).sort()).toEqual(["even, really", "odd"]);
  });
});
