import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { TemporaryPlace } from "../data/testing/temporary-place.ts";
import type { FeatureMatrix } from "../metrics/index.ts";
import type { ExtractorIdentity } from "./extractor.ts";
import { FeatureCache } from "./feature-cache.ts";

const place = new TemporaryPlace("features");
const extractor: ExtractorIdentity = {
  kind: "random",
  name: "random embedding 1",
  sha256: "0123",
  layer: "features",
  features: 3,
  input: { height: 8, width: 8, channels: 1 },
  resize: "none",
  pixels: "grey, -1 to 1",
};
const matrix: FeatureMatrix = {
  count: 2,
  dimension: 3,
  values: Float32Array.of(0, -1.5, 1e-30, Math.PI, Number.POSITIVE_INFINITY, 3e38),
};
const folder = () => join(place.path, "features");
const files = async () => [...(await readdir(folder()).catch(() => []))].sort();

/** How often the features were made, and what came out. */
async function asked(images = "digits", identity = extractor, made = matrix) {
  const make = vi.fn(async () => made);
  const features = await new FeatureCache(place.path).features({ images, extractor: identity }, make);
  return { features, times: make.mock.calls.length };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("features", () => {
  test("are made once", async () => {
    expect(await asked()).toEqual({ features: matrix, times: 1 });
    expect(await asked()).toEqual({ features: matrix, times: 0 });
    expect(await files()).toEqual([expect.stringMatching(/^features-[0-9a-f]{32}\.bin$/)]);
  });

  test("are others of other images and of another extractor, whatever differs", async () => {
    await asked();
    const others: readonly Partial<ExtractorIdentity>[] = [
      { kind: "network" },
      { name: "other" },
      { sha256: "4567" },
      { layer: "logits" },
      { input: { height: 8, width: 9, channels: 1 } },
      { resize: "bicubic" },
      { pixels: "RGB" },
      { trainedOn: "digits" },
    ];
    for (const other of others) expect((await asked("digits", { ...extractor, ...other })).times).toBe(1);
    expect((await asked("letters")).times).toBe(1);
    expect((await asked()).times).toBe(0);
    expect(await files()).toHaveLength(others.length + 2);
  });

  test("may be of no image", async () => {
    const none = { count: 0, dimension: 3, values: new Float32Array() };
    await asked("none", extractor, none);
    expect(await asked("none", extractor, none)).toEqual({ features: none, times: 0 });
  });

  test("are not kept when they cannot be made", async () => {
    const failing = new FeatureCache(place.path).features({ images: "digits", extractor }, async () => {
      throw new Error("interrupted");
    });
    await expect(failing).rejects.toThrow("interrupted");
    expect(await files()).toEqual([]);
  });
});

describe("a file that is not as it was written", () => {
  const path = async () => join(folder(), (await files())[0] ?? "");

  test("with any byte changed or missing, is made again", async () => {
    await asked();
    const file = await path();
    const whole = await readFile(file);
    const damage = fc.record({ at: fc.nat(whole.length - 1), flip: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, flip }) => {
        const changed = Buffer.from(whole);
        changed.writeUInt8((whole.at(at) ?? 0) ^ flip, at);
        await writeFile(file, flip === 0 ? whole.subarray(0, at) : changed);
        expect(await asked()).toEqual({ features: matrix, times: 1 });
        expect(await readFile(file)).toEqual(whole);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test("that is longer, empty or of another key, is made again", async () => {
    await asked("letters");
    const other = await readFile(await path());
    for (const content of [other, Buffer.concat([other, Buffer.of(0)]), Buffer.of()]) {
      await asked();
      for (const name of await files()) await writeFile(join(folder(), name), content);
      expect(await asked()).toEqual({ features: matrix, times: 1 });
    }
  });
});

describe("room", () => {
  /** As if an hour apart, in this order. */
  async function keep(...names: readonly string[]): Promise<readonly string[]> {
    const order: string[] = [];
    for (const [index, name] of names.entries()) {
      await asked(name);
      const [file = ""] = (await files()).filter((each) => !order.includes(each));
      const time = new Date(Date.now() - (names.length - index) * 3_600_000);
      await utimes(join(folder(), file), time, time);
      order.push(file);
    }
    return order;
  }

  test("is made by what was used longest ago, within a tenth of the limit", async () => {
    const [a = "", b = "", c = ""] = await keep("a", "b", "c");
    const { length } = await readFile(join(folder(), a));
    vi.stubEnv("ATELIER_CACHE_LIMIT", `${(10 * 3.5 * length) / 1000}kB`);
    await place.put(join("features", "photos.bin"), new Uint8Array(1e5));
    expect((await asked("a")).times).toBe(0);
    await asked("d");
    const left = await files();
    expect([left.includes(a), left.includes(b), left.includes(c)]).toEqual([true, false, true]);
    expect(left).toContain("photos.bin");
    expect(left).toHaveLength(4);
  });

  test("there is none for what is larger than that, which is made each time", async () => {
    const kept = await keep("a");
    vi.stubEnv("ATELIER_CACHE_LIMIT", "1kB");
    expect((await asked()).times).toBe(1);
    expect((await asked()).times).toBe(1);
    expect(await files()).toEqual(kept);
  });
});

describe("a cache that cannot be written", () => {
  const warningOf = async (work: () => Promise<unknown>): Promise<Error> => {
    const warned = new Promise<Error>((resolve) => {
      process.once("warning", resolve);
    });
    await work();
    return await warned;
  };

  test("whose folder is a file costs a warning and no run", async () => {
    await writeFile(folder(), "a file where the folder would be");
    const warning = await warningOf(async () => {
      expect(await asked()).toEqual({ features: matrix, times: 1 });
    });
    expect(warning.message).toContain(`features are not kept: ${folder()}: expected a place that can be written`);
  });

  test("where a folder lies in a file's place, too", async () => {
    await asked();
    const [name = ""] = await files();
    const elsewhere = join(place.path, "elsewhere");
    await mkdir(join(elsewhere, "features", name), { recursive: true });
    const make = async () => matrix;
    const warning = await warningOf(async () => {
      const cache = new FeatureCache(elsewhere);
      expect(await cache.features({ images: "digits", extractor }, make)).toEqual(matrix);
    });
    expect(warning.message).toContain("features are not kept: ");
  });
});
