import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { defaultCacheFolder } from "./cache.ts";

test("ATELIER_CACHE comes first, then what the system provides", () => {
  const all = { ATELIER_CACHE: "/own", XDG_CACHE_HOME: "/shared", LOCALAPPDATA: "/local" };
  expect(defaultCacheFolder(all, "linux")).toBe(resolve("/own"));
  expect(defaultCacheFolder({ ...all, ATELIER_CACHE: "" }, "linux")).toBe(join("/shared", "atelier"));
  expect(defaultCacheFolder({ ...all, ATELIER_CACHE: undefined }, "win32")).toBe(join("/local", "atelier", "cache"));
  expect(defaultCacheFolder({}, "linux").endsWith(join(".cache", "atelier"))).toBe(true);
});
