import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { cacheLimit, defaultCacheFolder, diskSpace } from "./cache.ts";
import { AtelierError } from "./errors.ts";

test("ATELIER_CACHE comes first, then what the system provides", () => {
  const all = { ATELIER_CACHE: "/own", XDG_CACHE_HOME: "/shared", LOCALAPPDATA: "/local" };
  expect(defaultCacheFolder(all, "linux")).toBe(resolve("/own"));
  expect(defaultCacheFolder({ ...all, ATELIER_CACHE: "" }, "linux")).toBe(join("/shared", "atelier"));
  expect(defaultCacheFolder({ ...all, ATELIER_CACHE: undefined }, "win32")).toBe(join("/local", "atelier", "cache"));
  expect(defaultCacheFolder({}, "linux").endsWith(join(".cache", "atelier"))).toBe(true);
});

const disk = (total: number) => ({ total, free: total / 2 });

test("the limit is 20 GB, and less on a small disk", () => {
  expect(cacheLimit(disk(1e12), {})).toBe(20e9);
  expect(cacheLimit(disk(64e9), {})).toBe(6.4e9);
  expect(cacheLimit(undefined, {})).toBe(20e9);
});

test.each([
  ["20GB", 20e9],
  ["500 MB", 500e6],
  [" 1.5tb ", 1.5e12],
  ["2 GiB", 2 ** 31],
  ["100kB", 1e5],
  ["0", 0],
])("ATELIER_CACHE_LIMIT may be %s", (text, bytes) => {
  expect(cacheLimit(disk(1e9), { ATELIER_CACHE_LIMIT: text })).toBe(bytes);
});

test.each(["20", "many", "-1GB", "20 GB please", "1e3MB", "GB", "0x10 MB"])(
  "ATELIER_CACHE_LIMIT may not be %s",
  (text) => {
    const limit = () => cacheLimit(disk(1e12), { ATELIER_CACHE_LIMIT: text });
    expect(limit).toThrow(AtelierError);
    expect(limit).toThrow(
      `ATELIER_CACHE_LIMIT: expected a size such as 20GB, 500 MB or 1.5 TB, received "${text}"\nhelp: `,
    );
  },
);

test("the space of a disk is known for a folder that is not there yet", async () => {
  const [here, deeper] = [await diskSpace("."), await diskSpace(resolve("none", "such"))];
  expect(here?.total).toBeGreaterThan(here?.free ?? Number.POSITIVE_INFINITY);
  expect(deeper?.total).toBe(here?.total);
});
