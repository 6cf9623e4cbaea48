import { once } from "node:events";
import { afterAll, describe, expect, it, vi } from "vitest";
import { add, input } from "../graph/index.ts";
import { requireDevice } from "./devices.ts";
import { OnnxSession } from "./onnx-session.ts";
import { Session } from "./session.ts";

// As on an Intel Mac, for which onnxruntime-node has no library.
vi.mock("onnxruntime-node", () => {
  throw new Error("Cannot find module '../bin/napi-v6/darwin/x64/onnxruntime_binding.node'");
});
afterAll(() => vi.doUnmock("onnxruntime-node"));

const graph = { sum: add(input("x", [2]), 1) };

describe("a machine for which there is no native library", () => {
  it("computes cpu graphs in WebAssembly, and says so once", async () => {
    const warned = once(process, "warning");
    const session = await Session.compile(graph, { device: "cpu" });
    expect(session.device).toBe("wasm");
    const results = await session.run({ x: Float32Array.of(1, 2) });
    expect(results.get("sum")?.floats()).toEqual(Float32Array.of(2, 3));
    await session.release();
    expect(String((await warned)[0])).toContain("computing with its slower WebAssembly build");

    const more: unknown[] = [];
    process.on("warning", (warning) => more.push(warning));
    expect(await requireDevice("cpu")).toBe("wasm");
    await Session.compile(graph, { device: "cpu" });
    await new Promise((wake) => setImmediate(wake));
    expect(more).toEqual([]);
  });

  it("refuses devices that need the library, and says what to use", async () => {
    await expect(Session.compile(graph, { device: "webgpu" })).rejects.toThrow(/native library[^]*--device wasm/);
    await expect(OnnxSession.open(new Uint8Array(), { device: "cuda" })).rejects.toThrow("--device wasm");
  });
});
