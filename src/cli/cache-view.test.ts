import { expect, test } from "vitest";
import type { CachedImages, CacheListing } from "../data/index.ts";
import { cacheText, clearedText } from "./cache-view.ts";

const images: CachedImages = {
  name: "photos-64x48x3-0123456789abcdef",
  images: 5000,
  preparation: {
    format: { height: 48, width: 64, channels: 3 },
    fitting: { fit: "cover", crop: "centre", filter: "lanczos3" },
  },
  bytes: 46_080_000,
  lastUsed: new Date(2026, 2, 1, 14, 5),
  inUse: false,
  from: ["/data/photos", "/backup/photos"],
};
const listing: CacheListing = {
  folder: "/cache",
  limit: 20e9,
  stores: [],
  unfinished: 0,
  features: { files: 0, bytes: 0, limit: 2e9 },
  engine: 0,
  total: 0,
};

test("an empty cache is said to be", () => {
  expect(cacheText(listing)).toBe("/cache: empty\n");
});

test("images are listed with their size, last use, origin and what is unusual", () => {
  const others: readonly CachedImages[] = [
    {
      ...images,
      name: "a",
      inUse: true,
      preparation: {
        format: { height: 8, width: 8, channels: 1 },
        fitting: { fit: "contain", pad: "edge", filter: "cubic" },
      },
    },
    { ...images, name: "b", images: null, preparation: null, from: [] },
  ];
  const lines = cacheText({
    ...listing,
    stores: [images, ...others],
    engine: 3000,
    unfinished: 2e6,
    features: { files: 3, bytes: 4e6, limit: 2e9 },
    total: 140e6,
  }).split("\n");
  expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
    ["/cache: 140 MB, images at most 20.0 GB"],
    ["name", "images", "size", "last used", "from"],
    [images.name, "5,000", "46.1 MB", "2026-03-01 14:05", "/data/photos, /backup/photos"],
    ["a", "5,000", "46.1 MB", "in use", "/data/photos, /backup/photos (contain edge cubic)"],
    ["b", "of no use", "46.1 MB", "2026-03-01 14:05", "unknown"],
    ["unfinished", "2.00 MB", "being decoded, or stopped in the middle"],
    ["features", "4.00 MB", "3 files of features and classifiers, at most 2.00 GB"],
    ["engine", "3.00 kB", "timings and checks of this machine"],
    [""],
  ]);
});

test("what could not be removed is told", () => {
  expect(clearedText({ removed: ["a"], kept: [{ name: "b", reason: "in use" }], bytes: 2e6 })).toBe(
    "removed 2.00 MB of 1 set of images\nkept b: in use\n",
  );
});
