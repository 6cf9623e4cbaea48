import { cp, mkdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { beforeEach, describe, expect, test } from "vitest";
import type { ImageSource } from "../image-source.ts";
import { usualFitting } from "../images/preparation.ts";
import { openSource } from "../open-source.ts";
import { ownMark } from "./owner.ts";
import { packDataset } from "./pack.ts";
import { remember } from "./sources.ts";
import { contentOf, format, Place } from "./testing/place.ts";

const place = new Place();

beforeEach(async () => {
  for (let index = 0; index < 6; index++) await place.put(`${index % 2 ? "odd" : "even"}/${index}.png`, 10 * index);
});

/** Packs and fails when anything is decoded for it. */
const found = async (from = place.data()) => {
  const dataset = await place.pack({ from, onProgress: () => expect.unreachable("decoded again") });
  expect(dataset.reused).toBe(true);
  return dataset;
};

describe("what has the same images is not decoded again", () => {
  test("a folder that was moved, a copy, and one whose files were touched", async () => {
    const first = await place.pack();
    await cp(place.data(), place.path("copy"), { recursive: true });
    await utimes(place.data("even", "0.png"), new Date(), new Date());
    await found();
    await rename(place.data(), place.path("moved"));
    for (const name of ["copy", "moved"]) {
      const { train, content } = await found(place.path(name));
      expect([contentOf(train), content]).toEqual([contentOf(first.train), first.content]);
    }
    expect((await place.stores()).length).toBe(1);
  });

  test("labels and names are the folder's as it is now", async () => {
    await place.pack();
    await rename(place.data("odd"), place.data("strange"));
    expect((await found()).classNames).toEqual(["even", "strange"]);
    await rename(place.data("strange", "5.png"), place.data("strange", "six.png"));
    expect((await found()).train.names).toContain("strange/six.png");
  });

  test("its broken files are named as they are called now", async () => {
    await writeFile(place.data("odd", "2.png"), "no picture");
    await place.pack();
    await rename(place.data(), place.path("moved"));
    await rename(place.path("moved", "odd"), place.path("moved", "strange"));
    expect((await found(place.path("moved"))).skipped).toEqual([
      { file: "strange/2.png", reason: "text, not an image" },
    ]);
  });

  test("nothing is read where nothing has changed", async () => {
    await place.pack();
    const before = await stat(place.data("even", "0.png"));
    // Reading would set the time of the last access, which lies in the past.
    await utimes(place.data("even", "0.png"), new Date(1e12), before.mtime);
    await found();
    const touched = (await stat(place.data("even", "0.png"))).atimeMs;
    await found();
    expect((await stat(place.data("even", "0.png"))).atimeMs).toBe(touched);
  });
});

test("what is being built or removed is not taken for a store", async () => {
  await place.pack();
  place.closeAll();
  const [store = ""] = await place.stores();
  const stores = join(place.cacheFolder, "datasets");
  await rename(join(stores, store), join(stores, `unfinished.${ownMark()}`));
  expect((await place.pack()).reused).toBe(false);
});

test("noting a place in a store that has gone leaves no folder", async () => {
  await remember(place.path("gone"), await openSource(place.data()), []);
  await expect(stat(place.path("gone"))).rejects.toThrow("ENOENT");
});

describe("what has changed is noticed", () => {
  const cases: readonly (readonly [string, () => Promise<void>, number])[] = [
    ["an image that is added", () => place.put("odd/9.png", 90), 7],
    ["an image that is deleted", () => rm(place.data("odd", "3.png")), 5],
    ["an image that is replaced", () => place.put("odd/3.png", 200), 6],
    ["images that change places", () => rename(place.data("even", "0.png"), place.data("odd", "z.png")), 6],
    ["an image that breaks", () => writeFile(place.data("odd", "3.png"), ""), 5],
  ];
  test.each(cases)("%s", async (_, change, count) => {
    await place.pack();
    await change();
    const { reused, train } = await place.pack();
    expect([reused, train.count]).toEqual([false, count]);
    const expected = await place.pack({ cacheFolder: place.path("fresh") });
    expect(contentOf(train)).toEqual(contentOf(expected.train));
  });

  test("other content of the same size whose time was set back", async () => {
    const file = place.data("odd", "3.png");
    const { mtime, size } = await stat(file);
    await place.pack();
    const picture = await sharp({ create: { width: 20, height: 20, channels: 3, background: "#646464" } })
      .png()
      .toBuffer();
    expect(picture.length).toBe(size);
    await writeFile(file, picture);
    await utimes(file, mtime, mtime);
    const { reused, train } = await place.pack();
    expect([reused, contentOf(train)[4]]).toEqual([false, ["odd/3.png", 1, 100]]);
  });

  test("another break of a file that was broken, for its reason", async () => {
    await writeFile(place.data("odd", "2.png"), "no picture");
    await place.pack();
    await writeFile(place.data("odd", "2.png"), "");
    const { reused, skipped } = await place.pack();
    expect([reused, skipped]).toEqual([false, [{ file: "odd/2.png", reason: "the file is empty" }]]);
  });

  test("a file that could not be read for a moment", async () => {
    const source = await openSource(place.data());
    const hindered: ImageSource = {
      ...source,
      images: async function* (wanted) {
        for await (const delivery of source.images(wanted)) {
          const refused = async () => await Promise.reject<Uint8Array>(new Error("no permission to read it"));
          yield delivery.kind === "file" && delivery.index === 5 ? { ...delivery, load: refused } : delivery;
        }
      },
    };
    const options = { format, fitting: usualFitting, seed: 1, cacheFolder: place.cacheFolder };
    for (const reused of [false, true]) {
      const dataset = await packDataset(hindered, options);
      dataset.close();
      expect([dataset.reused, dataset.skipped]).toEqual([
        reused,
        [{ file: "odd/5.png", reason: "no permission to read it" }],
      ]);
    }
    const { reused, train } = await place.pack();
    expect([reused, train.count]).toEqual([false, 6]);
  });

  test("arrays of the same bytes in another shape", async () => {
    const idx = (height: number, width: number) => {
      const header = Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, height, 0, 0, 0, width]);
      return gzipSync(Buffer.concat([header, Buffer.from(Array.from({ length: 2 * height * width }, (_, at) => at))]));
    };
    for (const [name, height, width] of [
      ["high", 8, 4],
      ["wide", 4, 8],
    ] as const) {
      await mkdir(place.path(name));
      await writeFile(place.path(name, "train-images-idx3-ubyte.gz"), idx(height, width));
    }
    const [high, wide] = [
      await place.pack({ from: place.path("high") }),
      await place.pack({ from: place.path("wide") }),
    ];
    expect([high.reused, wide.reused, high.content === wide.content]).toEqual([false, false, false]);
  });
});
