import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TensorProto_DataLocation, TensorProto_DataType } from "onnx-buf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AtelierError } from "../foundation/errors.ts";
import { buildModel, node } from "../graph/onnx-reader/testing/models.ts";
import { readOnnxFile } from "./onnx-file.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-onnx-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Writes a model whose four weights lie in another file, 4 bytes after its beginning. */
async function modelWithWeightsAt(location: string): Promise<string> {
  const entries = { location, offset: "4", length: "16" };
  const weight = {
    name: "w",
    dims: [4n],
    dataType: TensorProto_DataType.FLOAT,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  };
  const model = { inputs: { x: [4] }, outputs: ["y"], weights: [weight], nodes: [node("Mul", ["x", "w"], "y")] };
  const path = join(folder, "net.onnx");
  await writeFile(path, buildModel(model));
  return path;
}

describe("an ONNX file", () => {
  test("is read with the files of weights in its folder, and called by its name", async () => {
    await mkdir(join(folder, "weights"), { recursive: true });
    await writeFile(join(folder, "weights", "w.bin"), new Uint8Array(Float32Array.of(9, 1, 2, 3, 4).buffer));
    const network = await readOnnxFile(await modelWithWeightsAt("weights/w.bin"));
    expect(network.name).toBe("net");
    expect([...(network.parameters[0]?.values ?? [])]).toEqual([1, 2, 3, 4]);
  });

  test("is refused when its weights are cut short, missing or elsewhere", async () => {
    await writeFile(join(folder, "short.bin"), new Uint8Array(12));
    const reading = async (location: string) => readOnnxFile(await modelWithWeightsAt(location));
    await expect(reading("short.bin")).rejects.toThrow('tensor "w": expected 4 numbers for [4], received 2');
    await expect(reading("missing.bin")).rejects.toThrow(
      "missing.bin: expected a file that can be read, received nothing there",
    );
    for (const outside of ["../secret", join(folder, "short.bin"), "weights/../../secret", ""]) {
      await expect(reading(outside)).rejects.toThrow("expected weights in files beside the model");
    }
  });

  test("that is not there is an error that names it", async () => {
    const reading = readOnnxFile(join(folder, "none.onnx"));
    await expect(reading).rejects.toThrow(AtelierError);
    await expect(reading).rejects.toThrow("none.onnx: expected a file that can be read, received nothing there");
  });
});
