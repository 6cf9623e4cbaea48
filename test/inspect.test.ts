import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TensorProto_DataLocation, TensorProto_DataType } from "onnx-buf";
import { beforeAll, describe, expect, it } from "vitest";
import { concat, input, matmul, portable, relu, withScope, writeOnnx } from "../src/graph/index.ts";
import { buildModel, node } from "../src/graph/onnx-reader/testing/models.ts";
import { atelier, drawPictures, eventsOf, temporaryFolder, tiny } from "./command-line.ts";

const folder = await temporaryFolder();

beforeAll(async () => {
  await drawPictures(join(folder, "discs"), 40);
  expect((await atelier(folder, "train", "discs", ...tiny, "--steps", "4", "--out", "run")).status).toBe(0);
  const y = withScope("net/project", () => relu(matmul(input("x", ["batch", 3]), input("weight", [3, 2]))));
  const { bytes } = writeOnnx({ y: concat([y, y], 1) }, { target: portable });
  await writeFile(join(folder, "small.onnx"), bytes);
  // The same file with an operator of an unknown name.
  await writeFile(
    join(folder, "foreign.onnx"),
    Buffer.from(bytes.map((byte) => byte))
      .toString("latin1")
      .replaceAll("Relu", "Rely"),
    "latin1",
  );
  await writeFile(join(folder, "words.onnx"), "no model");
});

describe("atelier inspect RUN", () => {
  it("shows every layer of both networks, the training step and its memory, in lines of less than 100 characters", async () => {
    const { status, stdout, stderr } = await atelier(folder, "inspect", "run");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    for (const layer of ["project", "up1", "image", "down1", "down2", "judge", "total"])
      expect(stdout).toMatch(new RegExp(`^  ${layer} `, "m"));
    expect(stdout).toMatch(/^ {2}image +3x16x16 +195 +12\.3 k /m);
    expect(stdout).toMatch(/^ {2}memory +about \d+ MB \(step /m);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThan(100);
  });

  it("prints one JSON object whose parameters are those that the training reported", async () => {
    const inspection = JSON.parse((await atelier(folder, "inspect", "run", "--json")).stdout);
    const events = await eventsOf(join(folder, "run"));
    const layers: readonly { readonly parameters: number }[] = inspection.networks.flatMap(
      ({ layers }: { readonly layers: readonly { readonly parameters: number }[] }) => layers,
    );
    const parameters = layers.reduce((total, layer) => total + layer.parameters, 0);
    expect(events.find(({ type }) => type === "start")).toMatchObject({ parameters });
    expect(inspection).toMatchObject({ kind: "run", config: { size: 16 }, step: { batch: 8 } });
    expect(inspection.step.hash).toMatch(/^[0-9a-f]{16}$/);
  });

  it("estimates the memory that the run took", async () => {
    const { step } = JSON.parse((await atelier(folder, "inspect", "run", "--json")).stdout);
    const taken = (await eventsOf(join(folder, "run"))).map(({ residentMemory }) => Number(residentMemory ?? 0));
    expect(step.memory.total).toBeGreaterThan(0.5 * Math.max(...taken));
    expect(step.memory.total).toBeLessThan(2 * Math.max(...taken));
  });
});

describe("the plan of atelier train", () => {
  it("names the memory, the same as atelier inspect", async () => {
    const words = ["train", "discs", ...tiny, "--steps", "4", "--dry-run"];
    expect((await atelier(folder, ...words)).stdout).toMatch(/^ {2}memory +about \d+ MB/m);
    const plan = JSON.parse((await atelier(folder, ...words, "--json")).stdout);
    const inspection = JSON.parse((await atelier(folder, "inspect", "run", "--json")).stdout);
    expect(plan.memory).toEqual(inspection.step.memory);
  });
});

describe("atelier inspect MODEL.onnx", () => {
  it("shows the layers of a generator as those of its run", async () => {
    const { status, stdout } = await atelier(folder, "inspect", join("run", "generator.onnx"));
    expect(status).toBe(0);
    expect(stdout).toContain("latent [batch, 8]");
    expect(stdout).toContain("images [batch, 3, 16, 16]");
    expect(stdout).toMatch(/^ {2}generator\/image +3x16x16 +195 +12\.3 k /m);
  });

  it("reads weights that lie in a file beside the model, and says where it looked for them", async () => {
    const weight = {
      name: "w",
      dims: [3n, 2n],
      dataType: TensorProto_DataType.FLOAT,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: [{ key: "location", value: "weights.bin" }],
    };
    const nodes = [node("MatMul", ["x", "w"], "y")];
    const model = buildModel({ inputs: { x: ["batch", 3] }, outputs: ["y"], weights: [weight], nodes });
    await writeFile(join(folder, "outside.onnx"), model);
    const refused = await atelier(folder, "inspect", "outside.onnx");
    expect(refused.status).toBe(0);
    expect(refused.stdout).toMatch(/No layers are shown.*\n.*weights\.bin: expected a file that can be read/);
    await writeFile(join(folder, "weights.bin"), Buffer.alloc(24));
    const { stdout } = await atelier(folder, "inspect", "outside.onnx");
    expect(stdout).toMatch(/^ {2}total +6 +6 /m);
  });

  it("lists a file with an operator that is not known, and says why it shows no layers", async () => {
    const { status, stdout } = await atelier(folder, "inspect", "foreign.onnx");
    expect(status).toBe(0);
    expect(stdout).toContain("1 Rely");
    expect(stdout).toMatch(/No layers are shown.*\n.*Rely/);
    const { network, operators } = JSON.parse((await atelier(folder, "inspect", "foreign.onnx", "--json")).stdout);
    expect(network.refusal).toContain("Rely");
    expect(operators).toContainEqual(["MatMul", 1]);
    expect(await readFile(join(folder, "foreign.onnx"), "latin1")).toContain("Rely");
  });
});

describe("atelier inspect refuses", () => {
  it.each([
    ["inspect", 2, "missing required argument 'model'"],
    ["inspect nowhere", 2, "nowhere: expected a run's folder or an ONNX file, received nothing there"],
    ["inspect discs", 2, "discs: expected the folder of a run, received no config.json there"],
    ["inspect words.onnx", 1, "words.onnx: expected an ONNX model, received 8 bytes that are not one"],
    ["inspect run --size 0", 2, "It must be a whole number of at least 1"],
  ] as const)("atelier %s: exit status %i", async (line, status, text) => {
    const outcome = await atelier(folder, ...line.split(" "));
    expect(outcome.stderr).toContain(text);
    expect(outcome.stderr).toContain("\nhelp: ");
    expect(outcome).toMatchObject({ status, stdout: "" });
  });
});
