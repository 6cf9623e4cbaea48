import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeWebgpu, ownCache } from "../../test/software-gpu.ts";
import { AtelierError } from "../foundation/errors.ts";
import { conv2d, exp, input, portable, sum, type Tensor, withScope } from "../graph/index.ts";
import { Engine, type EngineSession, loadEngine } from "./engine.ts";
import { assertOperators } from "./self-test.ts";

const cache = await ownCache();

const x = input("x", [2, 6, 5, 5]);
const graph = [sum(exp(x), [0]), withScope("net/exponential", () => exp(x))];

/** What a self-test of the graph on an engine says before it begins. */
async function noticesOf(engine: Engine, outputs: readonly Tensor[] = graph, cacheFolder?: string) {
  const notices: string[] = [];
  const notify = (notice: string) => notices.push(notice);
  await assertOperators(outputs, {
    engine,
    target: portable,
    notify,
    ...(cacheFolder !== undefined && { cacheFolder }),
  });
  return notices;
}

/** WebAssembly with a fault: every result is a little too large. */
class Faulty extends Engine {
  override async open(...given: Parameters<Engine["open"]>): Promise<EngineSession> {
    const session = await super.open(...given);
    const run = session.run.bind(session);
    session.run = async (feeds: Parameters<typeof run>[0]) => {
      const results = await run(feeds);
      for (const tensor of Object.values(results)) {
        if (tensor.data instanceof Float32Array) tensor.data.forEach((value, at, all) => (all[at] = value * 1.01));
      }
      return results;
    };
    return session;
  }
}

describe("the self-test of a device", () => {
  it("tries each operator once, and again only where it is not known", async () => {
    const engine = await loadEngine("wasm");
    expect(await noticesOf(engine)).toEqual(["wasm: checking 2 operators against the cpu, once for this machine"]);
    expect(await noticesOf(engine)).toEqual([]);
    expect(await noticesOf(engine, [...graph, exp(input("x", [7]))])).toEqual([
      "wasm: checking 1 operator against the cpu, once for this machine",
    ]);
  });

  it("does not need its file whole, or a folder that it can write", async () => {
    const engine = await loadEngine("wasm");
    const [file = ""] = await readdir(join(cache, "engine"));
    await writeFile(join(cache, "engine", file), "[");
    expect(await noticesOf(engine)).toHaveLength(1);
    expect(await noticesOf(engine, graph, join(cache, "engine", file))).toHaveLength(1);
  });

  it("is not for the cpu, whose numbers it takes as right", async () => {
    expect(await noticesOf(await loadEngine("cpu"))).toEqual([]);
  });

  it("names the operator, its layer, its shapes and both numbers", async () => {
    const engine = new Faulty("wasm", await import("onnxruntime-web"));
    const error = await noticesOf(engine, [graph[1] ?? x], join(cache, "other")).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AtelierError);
    expect(String(error)).toMatch(
      /--device wasm: expected exp at net\/exponential \(\[2, 6, 5, 5\] -> \[2, 6, 5, 5\]\) to give [\d.]+ at element \d+, as the cpu does, received [\d.]+\nhelp: .*--device cpu/,
    );
  });
});

describeWebgpu("the self-test of WebGPU", () => {
  // onnxruntime 1.30 computes grouped convolutions wrongly in its own layout when 5 channels come out of a group.
  const grouped = conv2d(x, input("kernel", [10, 3, 3, 3]), { groups: 2 });

  it("finds a real fault of the engine", async () => {
    const engine = await loadEngine("webgpu");
    const test = assertOperators([grouped], { engine, target: portable, engineOptions: { layout: "NHWC" } });
    await expect(test).rejects.toThrow(/conv2d \(.*use --device cpu or --device wasm/s);
  });

  it("passes the layout that programs use", async () => {
    expect(await noticesOf(await loadEngine("webgpu"), [grouped])).toHaveLength(1);
  });
});
