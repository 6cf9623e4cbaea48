import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { loadLatestCheckpoint, saveCheckpoint } from "./checkpoints.ts";
import { decodeTensors, encodeTensors, type TensorMap } from "./safetensors.ts";

const folder = await mkdtemp(join(tmpdir(), "atelier-checkpoints-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const tensors = fc
  .array(fc.tuple(fc.string(), fc.float32Array({ maxLength: 12 })), { maxLength: 6 })
  .map(
    (entries): TensorMap =>
      new Map(entries.map(([name, data], index) => [`${index} ${name}`, { shape: [data.length], data }])),
  );

const stateOf = (value: number): TensorMap =>
  new Map([["weight", { shape: [2, 2], data: new Float32Array(4).fill(value) }]]);

describe("safetensors", () => {
  it("come back as they went, whatever their names, sizes and numbers", () => {
    fc.assert(
      fc.property(tensors, fc.string(), (state, note) => {
        const bytes = Buffer.concat(encodeTensors({ tensors: state, metadata: { note } }));
        const read = decodeTensors("file", bytes);
        expect(read.metadata).toEqual({ note });
        expect([...read.tensors]).toEqual([...state]);
      }),
    );
  });

  it("are refused when any part is missing, without any other error", () => {
    fc.assert(
      fc.property(tensors, fc.nat(), (state, cut) => {
        const bytes = Buffer.concat(encodeTensors({ tensors: state, metadata: {} }));
        const short = bytes.subarray(0, cut % bytes.length);
        expect(() => decodeTensors("file", short)).toThrow("file: expected a whole safetensors file");
      }),
    );
  });
});

const forms = new Map([["conv2d 3x3", "patches"]]);

describe("checkpoints", () => {
  it("keep the newest two, and the newest is loaded", async () => {
    for (const step of [10, 20, 30, 1_000_000])
      await saveCheckpoint(folder, { step, data: "images", forms, recoveries: 1, state: stateOf(step) });
    expect(await readdir(folder)).toEqual(["step-000030.safetensors", "step-1000000.safetensors"].toSorted());
    const { step, state, ...rest } = await loadLatestCheckpoint(folder);
    expect(step).toBe(1_000_000);
    expect(rest.forms).toEqual(forms);
    expect(rest.recoveries).toBe(1);
    expect(state).toEqual(stateOf(1_000_000));
  });

  it("are not trusted when a number was changed", async () => {
    const path = await saveCheckpoint(folder, {
      step: 2_000_000,
      data: "images",
      forms,
      recoveries: 1,
      state: stateOf(1),
    });
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = 0;
    await writeFile(path, bytes);
    await expect(loadLatestCheckpoint(folder)).rejects.toThrow("contents that do not match their checksum");
  });

  it.each([["{"], ["[1]"], ['{"a":1}']])("are not taken with the forms %s", async (text) => {
    const metadata = { sha256: createHash("sha256").digest("hex"), forms: text };
    const bytes = Buffer.concat(encodeTensors({ tensors: new Map(), metadata }));
    await writeFile(join(folder, "step-3000000.safetensors"), bytes);
    await expect(loadLatestCheckpoint(folder)).rejects.toThrow("received forms of convolutions that cannot be read");
  });

  it("say so when there are none", async () => {
    await expect(loadLatestCheckpoint(join(folder, "nowhere"))).rejects.toThrow("a checkpoint to resume from");
  });
});
