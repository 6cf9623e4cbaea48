import { describe, expect, test } from "vitest";
import { openSource } from "../open-source.ts";
import { decodedImage } from "../testing/decoded.ts";
import { flowerSvg } from "./flowers/flower.ts";

const format = { height: 32, width: 32, channels: 3 } as const;

describe("sample:flowers", () => {
  test("has 2,400 pictures, 600 of each kind", async () => {
    const { records, name, kind } = await openSource("sample:flowers");
    expect([name, kind, records.length, new Set(records.map((record) => record.name)).size]).toEqual([
      "flowers",
      "sample",
      2400,
      2400,
    ]);
    const labels = records.map((record) => record.label);
    for (const flower of ["daisy", "rose", "sunflower", "tulip"])
      expect(labels.filter((label) => label === flower).length).toBe(600);
  });

  test("draws the same picture every time, and no two alike", async () => {
    const [once, again] = [await openSource("sample:flowers"), await openSource("sample:flowers")];
    expect(once.fingerprint).toBe(again.fingerprint);
    expect(await decodedImage(once, 17, format)).toEqual(await decodedImage(again, 17, format));
    const pictures = Array.from({ length: 600 }, (_, number) => flowerSvg("rose", number, 64));
    expect(new Set(pictures).size).toBe(600);
  });

  test("fills the middle with the flower's colours at any size and in grey", async () => {
    const source = await openSource("sample:flowers");
    const sunflower = source.records.findIndex((record) => record.label === "sunflower");
    const planes = await decodedImage(source, sunflower, { height: 64, width: 64, channels: 3 });
    const meanOf = (channel: number): number => {
      const middle = Array.from({ length: 40 }, (_, row) => [
        ...planes.subarray(channel * 4096 + (row + 8) * 64 + 12, channel * 4096 + (row + 8) * 64 + 52),
      ]).flat();
      return middle.reduce((sum, value) => sum + value, 0) / middle.length;
    };
    expect(meanOf(0)).toBeGreaterThan(meanOf(2) + 40);
    expect((await decodedImage(source, 0, { height: 24, width: 40, channels: 1 })).length).toBe(24 * 40);
  });
});
