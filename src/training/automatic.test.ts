import { describe, expect, it } from "vitest";
import { type ImageSource, openSource } from "../data/index.ts";
import type { PartialConfig } from "./config.ts";
import { decide, groundOf, planTraining } from "./defaults.ts";

const flowers = await openSource("sample:flowers");
/** So many of the sample's images, none held out. */
const some = (count: number): ImageSource => ({ ...flowers, records: flowers.records.slice(0, count) });
const plan = (given: PartialConfig, images: number) =>
  planTraining({ size: 32, channels: 3, heldOut: 0, ...given }, some(images));
const augmentationOf = async (images: number, given: PartialConfig = {}) => {
  const { config, reasons } = await plan(given, images);
  if (config.model !== "gan") return undefined;
  const { augmentation, transforms } = config.gan;
  return { augmentation, transforms, reason: reasons["gan.augmentation"] };
};

describe("what is chosen from the data", () => {
  it("leaves the sample as it was when its picture was made", async () => {
    const { config } = await planTraining({}, flowers);
    expect(config).toMatchObject({
      batch: 64,
      averageHalfLife: 20_000,
      steps: 1800,
      width: 64,
      size: 32,
      mirror: false,
    });
    expect(config.model === "gan" && config.gan).toMatchObject({
      augmentation: "none",
      transforms: ["translation"],
      r1: 0,
    });
  });

  it("augments the images that a discriminator sees the more the fewer there are, and says why", async () => {
    const [hundreds, more, enough] = [
      await augmentationOf(300),
      await augmentationOf(1200),
      await augmentationOf(2400),
    ];
    expect([hundreds?.augmentation, more?.augmentation, enough?.augmentation]).toEqual([
      "diffaugment",
      "diffaugment",
      "none",
    ]);
    expect(hundreds?.transforms).toEqual(["brightness", "saturation", "contrast", "translation", "cutout"]);
    expect(more?.transforms).not.toContain("cutout");
    expect(hundreds?.reason).toContain("few images");
    expect(hundreds?.transforms).not.toContain("mirror");
  });

  it("is what the user asks for where something is asked for", async () => {
    const asked = await augmentationOf(300, { gan: { augmentation: "none" } });
    expect([asked?.augmentation, asked?.reason]).toEqual(["none", undefined]);
  });

  it("makes the batch smaller for large pictures and for few images", async () => {
    const batchOf = async (size: number, images: number) => (await plan({ size }, images)).config.batch;
    expect([await batchOf(64, 500), await batchOf(96, 500), await batchOf(128, 500)]).toEqual([64, 32, 16]);
    expect([await batchOf(64, 50), await batchOf(128, 20)]).toEqual([25, 10]);
  });

  it("shortens the half-life of the weight average with a short run", async () => {
    const halfLife = async (given: PartialConfig) => (await plan(given, 500)).config.averageHalfLife;
    expect(await halfLife({ steps: 1800 })).toBe(20_000);
    expect(await halfLife({ steps: 100 })).toBe((100 * 64) / 5);
    expect(await halfLife({ steps: 100, averageHalfLife: 7 })).toBe(7);
    expect((await plan({ steps: 100 }, 500)).reasons["averageHalfLife"]).toContain("so short a run");
  });
});

describe("steps that are chosen for a time", () => {
  it("come before what is chosen from the steps, with the reason, and give way to those of the user", async () => {
    const given: PartialConfig = { size: 32, channels: 3 };
    const ground = await groundOf(given, flowers);
    const budgeted = { steps: [300, "fits into 5 minutes"], width: [32, "half"] } as const;
    const { config, reasons } = decide(given, ground, budgeted);
    expect(config).toMatchObject({ steps: 300, width: 32, sampleEvery: 20, checkpointEvery: 20 });
    expect([reasons["steps"], reasons["width"]]).toEqual(["fits into 5 minutes", "half"]);
    expect(decide({ ...given, width: 16 }, ground, budgeted).config.width).toBe(16);
  });
});
