import { describe, expect, it } from "vitest";
import { describeWebgpu, ownCache } from "../../test/software-gpu.ts";
import { add, input, multiply, toFloat } from "../graph/index.ts";
import type { DeviceName } from "./device-names.ts";
import { Session } from "./session.ts";

await ownCache();

const labels = input("labels", [3], "int32");
const pixels = input("pixels", [3], "uint8");
const rows = input("rows", ["batch", 2]);

async function expectFeeding(device: DeviceName) {
  const session = await Session.compile(
    { mixed: add(toFloat(labels), toFloat(pixels)), doubled: multiply(rows, 2) },
    { device },
  );
  const feeds = {
    labels: Int32Array.of(-1, 70_000, 2),
    pixels: Uint8Array.of(0, 255, 1),
    rows: Float32Array.of(1, 2, 3, 4),
  };
  const results = await session.run(feeds, new Map(), 2);
  expect(results.get("mixed")?.floats()).toEqual(Float32Array.of(-1, 70_255, 3));
  expect(results.get("doubled")).toMatchObject({ shape: [2, 2] });
  expect(results.get("doubled")?.floats()).toEqual(Float32Array.of(2, 4, 6, 8));
  await session.release();
}

describe("a session", () => {
  it.each(["cpu", "wasm"] as const)("takes whole numbers, bytes and open batches on %s", expectFeeding);

  it("refuses what does not fit before the engine sees it", async () => {
    const session = await Session.compile({ mixed: toFloat(labels) }, { device: "cpu" });
    await expect(session.run({})).rejects.toThrow("input labels is not fed");
    await expect(session.run({ labels: new Int32Array(2) })).rejects.toThrow("3 numbers of int32 expected, 2 of int32");
    await expect(session.run({ labels: new Float32Array(3) })).rejects.toThrow("3 of float32 received");
    await session.release();
  });
});

describeWebgpu("a session on WebGPU", () => {
  it("takes whole numbers, bytes and open batches", () => expectFeeding("webgpu"));
});
