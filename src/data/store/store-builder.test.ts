import type { PathLike } from "node:fs";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type ClearedCache, clearCache, listCache } from "./cache.ts";
import { isStoreName } from "./manifest.ts";
import { contentOf, Place } from "./testing/place.ts";

// What another process does at the worst moment: when a store has just got its name, and the one that built it has not opened it yet.
const meanwhile = vi.hoisted(() => ({ act: async (_renamed: string) => {} }));
vi.mock(import("node:fs/promises"), async (importOriginal) => {
  const original = await importOriginal();
  const rename = async (from: PathLike, to: PathLike) => {
    await original.rename(from, to);
    await meanwhile.act(String(to));
  };
  return { ...original, rename };
});

/** Lets something happen to a store at that moment, the first so many times. */
const happens = (times: number, act: (store: string) => Promise<void>) => {
  let left = times;
  meanwhile.act = async (renamed) => {
    if (isStoreName(basename(renamed)) && left-- > 0) await act(renamed);
  };
};
const remove = async (store: string) => await rm(store, { recursive: true });

const place = new Place();

beforeEach(async () => {
  meanwhile.act = async () => {};
  for (let index = 0; index < 5; index++) await place.put(`${index}.png`, 10 * index);
});

describe("a store that was just built", () => {
  test("is in use and known by its place before it is opened, so that no one clears it", async () => {
    const cleared: ClearedCache[] = [];
    const from: string[] = [];
    happens(1, async () => {
      cleared.push(await clearCache(place.cacheFolder));
      for (const store of (await listCache(place.cacheFolder)).stores) from.push(...store.from);
    });
    expect((await place.pack()).reused).toBe(false);
    const [name = ""] = await place.stores();
    expect(cleared).toEqual([{ removed: [], kept: [{ name, reason: "in use" }], bytes: 0 }]);
    expect(from).toEqual([place.data()]);
    place.closeAll();
    expect((await clearCache(place.cacheFolder)).removed).toEqual([name]);
  });

  test("is built again when it is gone all the same", async () => {
    const expected = contentOf((await place.pack({ cacheFolder: place.path("other") })).train);
    happens(1, remove);
    expect(contentOf((await place.pack()).train)).toEqual(expected);
    expect((await place.pack()).reused).toBe(true);
  });

  test("that is removed again and again is given up with a word about it, and nothing is left", async () => {
    happens(2, remove);
    await expect(place.pack()).rejects.toThrow(
      /cache: expected a place where the decoded images stay .*removed as soon as .*\nhelp: stop what removes them/,
    );
    expect(await place.stores()).toEqual([]);
  });
});
