import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { conv2d, conv2dKernelGradient, input } from "../graph/index.ts";
import { loadEngine } from "./engine.ts";
import { Session } from "./session.ts";
import { isRight, targetOf } from "./targets.ts";
import { timedForms } from "./tuning.ts";

const x = input("x", [4, 16, 8, 8]);
const kernel = input("kernel", [16, 16, 3, 3]);
const same = { padding: [1, 1, 1, 1] } as const;
const response = conv2d(x, kernel, same);
const outputs = { response, slope: conv2dKernelGradient(x, response, { ...same, kernelSize: [3, 3] }) };

let cacheFolder = "";
beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "atelier-tuning-"));
});
afterEach(async () => {
  await rm(cacheFolder, { recursive: true });
});

const options = async () => ({
  engine: await loadEngine("cpu"),
  target: await targetOf("cpu"),
  threads: 1,
  cacheFolder,
});

const cacheFile = async () => {
  const [name = ""] = await readdir(join(cacheFolder, "engine"));
  return join(cacheFolder, "engine", name);
};

describe("timing the forms of convolutions", () => {
  it("answers for each convolution once, and remembers it", async () => {
    const notices: string[] = [];
    const notify = (notice: string) => notices.push(notice);
    const first = await timedForms(outputs, { ...(await options()), notify });
    expect([...first.keys()]).toEqual([
      "response of 4x16x8x8 by 16x16x3x3, stride 1,1, padding 1,1,1,1",
      "kernel of 4x16x8x8 by 16x16x3x3, stride 1,1, padding 1,1,1,1",
    ]);
    const second = await timedForms(outputs, { ...(await options()), notify });
    expect(second).toEqual(first);
    expect(notices).toEqual(["timing the forms of 2 convolutions, once on this machine"]);
  });

  it("times again when the cache is damaged, and when there are other forms to choose from", async () => {
    const first = await timedForms(outputs, await options());
    await writeFile(await cacheFile(), "{ not JSON");
    expect([...(await timedForms(outputs, await options())).keys()]).toEqual([...first.keys()]);
    const whole = await readFile(await cacheFile(), "utf8");
    await writeFile(await cacheFile(), whole.replaceAll('"patches"', '"of another version"'));
    await timedForms(outputs, await options());
    expect(await readFile(await cacheFile(), "utf8")).not.toContain("of another version");
  });

  it("leaves to the rules what it has no time for, and what stands already", async () => {
    expect(await timedForms(outputs, { ...(await options()), budget: -1 })).toEqual(new Map());
    const standing = new Map([["response of 4x16x8x8 by 16x16x3x3, stride 1,1, padding 1,1,1,1", "plain"]]);
    const timed = await timedForms(outputs, { ...(await options()), standing });
    expect([...timed.keys()]).toEqual(["kernel of 4x16x8x8 by 16x16x3x3, stride 1,1, padding 1,1,1,1"]);
  });
});

describe("a session's forms", () => {
  it("are known, and stand when another session is given them", async () => {
    const ruled = await Session.compile(outputs, { device: "cpu" });
    const plain = new Map([...ruled.forms.keys()].map((key) => [key, "plain"]));
    const pinned = await Session.compile(outputs, { device: "cpu", forms: plain });
    expect(pinned.forms).toEqual(plain);
    expect(ruled.forms.size).toBe(2);
    expect([...ruled.forms.values()]).not.toContain("plain");
    await ruled.release();
    await pinned.release();
  });

  it("are chosen anew where a given one does not apply", async () => {
    const key = "response of 4x16x8x8 by 16x16x3x3, stride 1,1, padding 1,1,1,1";
    const session = await Session.compile(outputs, { device: "cpu", forms: new Map([[key, "no such form"]]) });
    expect(["blocks", "patches", "plain"]).toContain(session.forms.get(key));
    await session.release();
  });
});

describe("the probe of blocked convolutions", () => {
  it("finds at most one size of blocks right", async () => {
    const engine = await loadEngine("cpu");
    const { block } = await targetOf("cpu");
    for (const size of [8, 16] as const) {
      expect(await isRight(engine, { cpu: true, block: size })).toBe(size === block);
    }
  });
});
