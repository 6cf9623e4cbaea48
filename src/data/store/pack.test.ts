import { mkdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { usualFitting } from "../images/preparation.ts";
import { openSource } from "../open-source.ts";
import { type PackOptions, packDataset } from "./pack.ts";
import { brightness, contentOf, format, Place } from "./testing/place.ts";

const place = new Place();

describe("packDataset", () => {
  test("decodes every image once and finds it again", async () => {
    for (let index = 0; index < 12; index++)
      await place.put(`${index % 2 ? "odd" : "unlabelled"}/${index}.png`, 10 * index);
    const calls: [number, number][] = [];
    const first = await place.pack({ onProgress: (...call) => calls.push(call) });
    expect(calls.at(-1)).toEqual([12, 12]);
    expect([first.reused, first.train.count, first.heldOut.count, first.classNames]).toEqual([false, 11, 1, ["odd"]]);
    for (const split of [first.train, first.heldOut]) {
      for (const [index, name] of split.names.entries()) {
        const number = Number(/(\d+)\.png/.exec(name)?.[1]);
        expect([brightness(split, index), split.labels[index]]).toEqual([10 * number, number % 2 ? 0 : -1]);
      }
    }
    const again = await place.pack({ onProgress: () => expect.unreachable() });
    expect(again.reused).toBe(true);
    expect([contentOf(again.train), contentOf(again.heldOut)]).toEqual([
      contentOf(first.train),
      contentOf(first.heldOut),
    ]);
    expect(contentOf((await place.pack({ seed: 2, heldOutFraction: 0.5 })).heldOut).length).toBe(6);
  });

  test("keeps train and test apart", async () => {
    for (const path of ["train/a/1.png", "train/b/2.png", "test/a/3.png"]) await place.put(path, 50);
    const { train, heldOut, classNames } = await place.pack();
    expect([train.names, heldOut.names, classNames]).toEqual([
      ["train/a/1.png", "train/b/2.png"],
      ["test/a/3.png"],
      ["a", "b"],
    ]);
  });

  test("skips and names broken images, again when it reuses the rest", async () => {
    await place.put("a/1.png", 40);
    await place.put("z/9.png", 90);
    await writeFile(place.data("a", "0.png"), "not a picture");
    await writeFile(place.data("broken.jpg"), "");
    for (const reused of [false, true]) {
      const dataset = await place.pack();
      expect(dataset.reused).toBe(reused);
      expect(dataset.skipped).toEqual([
        { file: "a/0.png", reason: "text, not an image" },
        { file: "broken.jpg", reason: "the file is empty" },
      ]);
      expect(contentOf(dataset.train)).toEqual([
        ["a/1.png", 0, 40],
        ["z/9.png", 1, 90],
      ]);
    }
  });

  test("decodes again when an image has changed", async () => {
    await place.put("1.png", 40);
    await place.pack();
    await place.put("1.png", 41);
    const dataset = await place.pack();
    expect([dataset.reused, brightness(dataset.train, 0)]).toEqual([false, 41]);
  });

  test("does not trust what a crash has left", async () => {
    await place.put("1.png", 40);
    await place.pack();
    const [store = ""] = await place.stores();
    await truncate(join(place.cacheFolder, "datasets", store, "pixels.u8"), 5);
    expect((await place.pack()).reused).toBe(false);
    await writeFile(join(place.cacheFolder, "datasets", store, "manifest.json"), '{"version":1');
    expect((await place.pack()).reused).toBe(false);
    await rm(join(place.cacheFolder, "datasets", store, "manifest.json"));
    const dataset = await place.pack();
    expect([dataset.reused, brightness(dataset.train, 0)]).toEqual([false, 40]);
    expect(await place.stores()).toEqual([store]);
  });

  test("may be asked for the same images twice at once", async () => {
    for (let index = 0; index < 20; index++) await place.put(`${index}.png`, index);
    const [one, two] = await Promise.all([place.pack(), place.pack()]);
    expect(contentOf(one.train)).toEqual(contentOf(two.train));
    expect((await place.stores()).length).toBe(1);
    expect((await place.pack()).reused).toBe(true);
  });

  test("says so when no image is readable, and leaves nothing that looks whole", async () => {
    await mkdir(place.data());
    for (const name of ["1.png", "2.png", "3.png", "4.png"]) await writeFile(place.data(name), "");
    await expect(place.pack()).rejects.toThrow(
      /at least one readable image, received 4 broken: 1.png \(the file is empty\), .*3.png \(the file is empty\), and 1 more\nhelp: /,
    );
  });

  test("says so when the cache cannot be written", async () => {
    await place.put("1.png", 40);
    await writeFile(place.cacheFolder, "a file where the folder should be");
    await expect(place.pack()).rejects.toThrow("help: set ATELIER_CACHE to a folder that can be written");
  });

  test("an array that was damaged since it was opened is named, and nothing is kept of it", async () => {
    await mkdir(place.data());
    await writeFile(place.data("data_batch_1.bin"), Buffer.alloc(3073 * 3));
    const source = await openSource(place.data());
    await truncate(place.data("data_batch_1.bin"), 4000);
    const packing = packDataset(source, { format, fitting: usualFitting, seed: 1, cacheFolder: place.cacheFolder });
    await expect(packing).rejects.toThrow("data_batch_1.bin#0 to data_batch_1.bin#2 (the file ends too early)");
    expect(await place.stores()).toEqual([]);
  });

  test("refuses to copy from a closed data set", async () => {
    await place.put("1.png", 40);
    const dataset = await place.pack();
    dataset.close();
    dataset.close();
    expect(() => brightness(dataset.train, 0)).toThrow("closed");
  });

  test.each([
    [{ heldOutFraction: 5 }, "heldOutFraction: expected a share from 0 to below 1, received 5"],
    [{ heldOutFraction: Number.NaN }, "received NaN"],
    [{ labelsPerClass: 1.5 }, "labelsPerClass: expected a whole number above 0"],
    [{ format: { height: 0, width: 8, channels: 3 } }, "format.height: expected a whole number of pixels above 0"],
  ] satisfies [Partial<PackOptions>, string][])("refuses %o", async (options, message) => {
    await expect(
      packDataset(await openSource("sample:flowers"), {
        format: { height: 8, width: 8, channels: 3 },
        fitting: usualFitting,
        seed: 1,
        ...options,
      }),
    ).rejects.toThrow(message);
  });

  test("draws no labels where there are none, and says which class has too few", async () => {
    await place.put("1.png", 10);
    await place.put("2.png", 20);
    const few = async () => await place.pack({ labelsPerClass: 3 });
    await expect(few()).rejects.toThrow("expected labelled training images, to keep 3 labels of each class");
    await place.put("cat/3.png", 30);
    expect((await few()).remarks).toEqual([
      "class cat keeps 1 of the 3 labels that were asked for: it has no more to learn from",
    ]);
  });
});
