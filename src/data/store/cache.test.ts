import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { engineFileName, featureFileName } from "../../foundation/cache.ts";
import { clearCache, listCache } from "./cache.ts";
import { makeRoom } from "./room.ts";
import { Place } from "./testing/place.ts";

const place = new Place();
const square = (side: number) => ({ height: side, width: side, channels: 1 }) as const;
/** Sides of the formats that the stores in the cache have. */
const sides = async () => (await place.stores()).map((name) => Number(/-(\d+)x/.exec(name)?.[1])).sort((a, b) => a - b);
const listing = async () => await listCache(place.cacheFolder);

beforeEach(async () => {
  for (let index = 0; index < 4; index++) await place.put(`${index}.png`, 10 * index);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Packs at several sizes, as if an hour apart, and closes what was packed. */
const packAt = async (...packedSides: readonly number[]) => {
  for (const [index, side] of packedSides.entries()) {
    await place.pack({ format: square(side) });
    place.closeAll();
    const time = new Date(Date.now() - (packedSides.length - index) * 3_600_000);
    for (const name of await place.stores()) {
      const file = join(place.cacheFolder, "datasets", name, "manifest.json");
      if (name.includes(`-${side}x`)) await utimes(file, time, time);
    }
  }
};

/** Puts a file into one of the folders beside the stores'. */
const putIn = async (folder: "engine" | "features", name: string, text: string) => {
  await mkdir(join(place.cacheFolder, folder), { recursive: true });
  await writeFile(join(place.cacheFolder, folder, name), text);
};

describe("the limit", () => {
  test("what was used longest ago goes first, until the new images fit", async () => {
    await packAt(20, 21, 22);
    expect(await sides()).toEqual([20, 21, 22]);
    expect((await place.pack({ format: square(20) })).reused).toBe(true);
    place.closeAll();
    await place.pack({ format: square(23), cacheLimit: 8000 });
    expect(await sides()).toEqual([20, 22, 23]);
  });

  test("what was just built stays, even where it is larger than the limit", async () => {
    await packAt(20, 21);
    await place.pack({ format: square(64), cacheLimit: 100 });
    expect(await sides()).toEqual([64]);
  });

  test("what is open stays", async () => {
    await place.pack({ format: square(20) });
    await place.pack({ format: square(21), cacheLimit: 0 });
    place.closeAll();
    expect(await sides()).toEqual([20, 21]);
    await place.pack({ format: square(22), cacheLimit: 0 });
    expect(await sides()).toEqual([22]);
  });

  test("is set by ATELIER_CACHE_LIMIT", async () => {
    vi.stubEnv("ATELIER_CACHE_LIMIT", "1kB");
    await packAt(20, 21);
    expect([await sides(), (await listing()).limit]).toEqual([[21], 1000]);
    vi.stubEnv("ATELIER_CACHE_LIMIT", "plenty");
    await expect(place.pack({ format: square(22) })).rejects.toThrow("ATELIER_CACHE_LIMIT: expected a size such as");
  });

  test("a disk that is too small is noticed before anything is decoded or removed", async () => {
    await packAt(20, 21);
    const room = makeRoom(join(place.cacheFolder, "datasets"), 5e9, { space: { total: 1e10, free: 1e9 } });
    await expect(room).rejects.toThrow(
      /expected 5,000 MB of free disk space for the decoded images, received 1,000 MB\nhelp: free/,
    );
    expect(await sides()).toEqual([20, 21]);
    await makeRoom(join(place.cacheFolder, "datasets"), 1e9, { space: { total: 1e12, free: 1e9 - 1 } });
    expect(await sides()).toEqual([21]);
  });

  test("other people's folders beside the stores are not touched", async () => {
    const theirs = join(place.cacheFolder, "datasets", "photos-20x20x3-0123456789abcdef");
    await mkdir(theirs, { recursive: true });
    await writeFile(join(theirs, "1.jpg"), "precious");
    const longAgo = new Date(1e12);
    for (const path of ["datasets/mnist", "datasets/unfinished.work"]) {
      await mkdir(join(place.cacheFolder, path), { recursive: true });
      await utimes(join(place.cacheFolder, path), longAgo, longAgo);
    }
    await place.pack({ cacheLimit: 0 });
    place.closeAll();
    await clearCache(place.cacheFolder);
    expect(await readdir(theirs)).toEqual(["1.jpg"]);
    expect([...(await place.stores())].sort()).toEqual(["mnist", basename(theirs), "unfinished.work"]);
  });
});

describe("listCache", () => {
  test("says what is there and where it came from", async () => {
    await packAt(20, 21);
    await putIn("engine", engineFileName("operators", "webgpu"), "[]");
    await putIn("features", featureFileName("features", "key"), "numbers");
    await putIn("features", featureFileName("classifier", "key"), "weights");
    vi.stubEnv("ATELIER_CACHE_LIMIT", "1GB");
    const { stores, engine, unfinished, features, total, folder } = await listing();
    expect([folder, engine, unfinished]).toEqual([place.cacheFolder, 2, 0]);
    expect(features).toEqual({ files: 2, bytes: 14, limit: 1e8 });
    expect(
      stores.map(({ images, inUse, from, preparation }) => [images, inUse, from, preparation?.format.width]),
    ).toEqual([
      [4, false, [place.data()], 21],
      [4, false, [place.data()], 20],
    ]);
    expect(stores[0]?.name).toMatch(/^data-21x21x1-[0-9a-f]{16}$/);
    expect(stores[0]?.bytes).toBeGreaterThan(4 * 21 * 21);
    expect(total).toBe(stores.reduce((sum, { bytes }) => sum + bytes, 2 + 14));
  });

  test("tells what is open, and what is of no use", async () => {
    await place.pack();
    expect((await listing()).stores[0]?.inUse).toBe(true);
    place.closeAll();
    expect((await listing()).stores[0]?.inUse).toBe(false);
    const [name = ""] = await place.stores();
    await writeFile(join(place.cacheFolder, "datasets", name, "manifest.json"), "{}");
    expect((await listing()).stores[0]).toMatchObject({ name, images: null, preparation: null });
  });

  test("a cache that is not there is empty", async () => {
    expect(await listing()).toMatchObject({ stores: [], total: 0 });
    await expect(stat(place.cacheFolder)).rejects.toThrow("ENOENT");
  });
});

describe("clearCache", () => {
  test("removes all of it, but not what is open", async () => {
    await packAt(20, 21);
    await place.pack({ format: square(22) });
    await putIn("engine", engineFileName("convolutions", "cpu"), "{}");
    await putIn("features", featureFileName("features", "key"), "numbers");
    const before = (await listing()).total;
    const { removed, kept, bytes } = await clearCache(place.cacheFolder);
    expect([removed.length, kept.map(({ reason }) => reason), await sides()]).toEqual([2, ["in use"], [22]]);
    expect((await listing()).total).toBe(before - bytes);
    expect(await listing()).toMatchObject({ engine: 0, features: { files: 0, bytes: 0 } });
  });

  test("removes some, by their names or by that of the data", async () => {
    await packAt(20, 21);
    await place.put("4.png", 40);
    await rename(place.data(), place.path("other"));
    await place.pack({ from: place.path("other"), format: square(8) });
    place.closeAll();
    const [first = ""] = (await place.stores()).filter((name) => name.includes("-20x"));
    await putIn("features", featureFileName("features", "key"), "numbers");
    expect((await clearCache(place.cacheFolder, [first])).removed).toEqual([first]);
    expect((await listing()).features.files).toBe(1);
    expect(await sides()).toEqual([8, 21]);
    await clearCache(place.cacheFolder, ["data"]);
    expect(await sides()).toEqual([8]);
  });

  test("leaves alone what Atelier has not written, and says so where that lies among its files", async () => {
    const own = [engineFileName("convolutions", "cpu"), `${engineFileName("operators", "wasm")}.17.tmp`];
    for (const name of [...own, "notes.json"]) await putIn("engine", name, "{}");
    for (const folder of ["devices", "convolutions"]) {
      await mkdir(join(place.cacheFolder, folder));
      await writeFile(join(place.cacheFolder, folder, "mine.json"), "{}");
    }
    for (const name of [featureFileName("features", "a"), `${featureFileName("classifier", "b")}.17.tmp`, "faces.bin"])
      await putIn("features", name, "numbers");
    expect(await listing()).toMatchObject({ engine: 4, features: { files: 2, bytes: 14 } });
    expect(await clearCache(place.cacheFolder)).toEqual({
      removed: [],
      kept: [
        { name: join("engine", "notes.json"), reason: "not written by Atelier" },
        { name: join("features", "faces.bin"), reason: "not written by Atelier" },
      ],
      bytes: 18,
    });
    expect(await readFile(join(place.cacheFolder, "features", "faces.bin"), "utf8")).toBe("numbers");
    for (const file of ["engine/notes.json", "devices/mine.json", "convolutions/mine.json"])
      expect(await readFile(join(place.cacheFolder, file), "utf8")).toBe("{}");
  });

  test("refuses a name that is not there, and removes nothing then", async () => {
    await packAt(20);
    await expect(clearCache(place.cacheFolder, ["data", "dat"])).rejects.toThrow(
      /received dat\nhelp: did you mean data\?/,
    );
    expect(await sides()).toEqual([20]);
    await rm(place.cacheFolder, { recursive: true });
    await expect(clearCache(place.cacheFolder, ["data"])).rejects.toThrow("the cache holds no images");
  });
});
