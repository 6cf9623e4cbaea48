import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { atelier, drawPictures, temporaryFolder } from "./command-line.ts";

const folder = await temporaryFolder();

beforeAll(async () => {
  await drawPictures(join(folder, "discs"), 12);
  await drawPictures(join(folder, "one"), 1);
  await mkdir(join(folder, "no-images"));
  await writeFile(join(folder, "no-images", "notes.txt"), "hello");
  await writeFile(join(folder, "file"), "in the way");
  await writeFile(join(folder, "unknown-key.json"), '{ "lerningRate": 3 }');
  await writeFile(join(folder, "broken.json"), "{ steps: 3 }");
});

/** What the user types, the exit status, and what the message must say; a help line is asked of each. */
const cases: readonly (readonly [string, 1 | 2, readonly string[]])[] = [
  ["trian discs", 2, ["unknown command 'trian'", "did you mean train?"]],
  ["train", 2, ["train: expected images to learn from, received nothing", "atelier train DATA"]],
  ["train discs --szie 32", 2, ["unknown option '--szie'", "did you mean --size?"]],
  ["train missing", 2, ["missing, which does not exist"]],
  ["train no-images", 1, ["notes.txt"]],
  ["train discs --size 30", 2, ["--size: expected a multiple of 4", "received 30", "use --size 32"]],
  ["train discs --size 300", 2, ["from 16 to 256", "use --size 256"]],
  ["train discs --size big", 2, ["--size: expected pixels, such as 64", '"big"']],
  ["train discs --batch 13", 2, ["--batch: expected at most the number of training images, 11", "received 13"]],
  ["train discs --batch 1", 2, ["--batch: expected a number of at least 2"]],
  ["train discs --steps 1.5", 2, ["--steps: expected a whole number"]],
  [
    "train discs --architecture resnt",
    2,
    ["--architecture: expected one of dcgan, mlp", '"resnt"', "did you mean resnet?"],
  ],
  ["train discs --channels 2", 2, ["--channels: expected 1 or 3"]],
  ["train discs --device gpu", 2, ["--device: expected one of cpu, webgpu, cuda"]],
  ["train discs --device cuda", 1, ["--device cuda: expected a working cuda device", "help: use --device cpu"]],
  ["train discs --set stepz=3", 2, ["--set stepz=3", '"stepz"', 'did you mean "steps"?']],
  ["train discs --set learningRate.generatr=1", 2, ['did you mean "learningRate.generator"?']],
  ["train discs --set optimizer.name=Adam", 2, ['received "Adam"', "did you mean adam?"]],
  ["train discs --set optimiser.name=sgd", 2, ['did you mean "optimizer"?']],
  ["train discs --set steps", 2, ["expected KEY=VALUE"]],
  ["train discs --set latent=1000000000", 2, ["a training that fits into", "latent 1000000000"]],
  ["train discs --set gan.updates=one-stage --set gan.discriminatorNorm=batch", 2, ["one-stage", "received batch"]],
  ["inspect nothing", 2, ["a run's folder or an ONNX file"]],
  ["train discs --config unknown-key.json", 2, ["unknown-key.json", '"lerningRate"']],
  ["train discs --config broken.json", 2, ["broken.json: expected JSON"]],
  ["train discs --config nowhere.json", 2, ["--config: expected a file that can be read"]],
  ["train discs --out file/run", 1, ["file/run: expected a place that can be written"]],
  ["train discs --out runs/none --resume", 2, ["runs/none: expected the folder of a run"]],
  ["train one", 1, ["one: expected at least 2 images to learn from, received 1"]],
  ["train discs --out=", 2, ["expected a new or empty folder, received no name"]],
  ["train discs --out /proc/run", 1, ["expected a place that can be written"]],
  ["train discs --resume --out=", 2, ["expected the folder of a run"]],
  ["train sample:flower", 2, ["sample:flowers"]],
  ["generate runs/none -n 0", 2, ["must be a whole number of at least 1"]],
  ["data missing", 2, ["missing, which does not exist"]],
];

describe("bad input", () => {
  it.each(cases)("atelier %s: exit status %i", async (line, status, texts) => {
    const outcome = await atelier(folder, ...line.split(" "));
    expect(outcome.stderr).toContain("\nhelp: ");
    for (const text of texts) expect(outcome.stderr).toContain(text);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
    expect(outcome.status).toBe(status);
    expect(outcome.stdout).toBe("");
  });
});

describe("atelier", () => {
  it("explains itself", async () => {
    const help = await atelier(folder, "--help");
    expect(help).toMatchObject({ status: 0, stderr: "" });
    for (const command of ["train", "generate", "data", "doctor"]) expect(help.stdout).toContain(`  ${command} `);
    expect((await atelier(folder)).stdout).toBe(help.stdout);
    expect((await atelier(folder, "train", "--help")).stdout).toContain("--architecture");
    expect((await atelier(folder, "--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("inspects data, for a reader and as JSON", async () => {
    const { status, stdout } = await atelier(folder, "data", "discs");
    expect(status).toBe(0);
    expect(stdout).toContain("12 found: 12 readable, 0 skipped");
    expect(JSON.parse((await atelier(folder, "data", "discs", "--json")).stdout)).toMatchObject({
      found: 12,
      readable: 12,
      skipped: [],
    });
  });

  it("examines the machine", async () => {
    const { status, stdout } = await atelier(folder, "doctor", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout).devices[0]).toEqual({ name: "cpu", available: true });
  });
});
