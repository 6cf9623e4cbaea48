import * as fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { SplitName } from "../image-source.ts";
import { usualFitting } from "../images/preparation.ts";
import { packDataset } from "../store/pack.ts";
import { asBroken, asFile, memorySource } from "../testing/memory-source.ts";
import { TemporaryPlace } from "../testing/temporary-place.ts";
import { trainingLabels } from "./visible-labels.ts";

const format = { height: 4, width: 4, channels: 1 } as const;
const place = new TemporaryPlace("visible");
const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: "red" } })
  .png()
  .toBuffer();

interface Drawn {
  readonly label: string | null;
  readonly split: SplitName | null;
  readonly isBroken: boolean;
}
const sourceOf = (images: readonly Drawn[]) =>
  memorySource(
    images.map(({ label, split, isBroken }, index) => ({
      name: `${index}.png`,
      label,
      split,
      deliver: isBroken ? asBroken("cut short") : asFile(png),
    })),
    { fingerprint: JSON.stringify(images) },
  );

/** The same counts, of what is packed. */
async function packed(images: readonly Drawn[], seed: number, heldOut: number, labelsPerClass: number | undefined) {
  const options = { format, fitting: usualFitting, cacheFolder: place.path, seed, heldOutFraction: heldOut };
  const dataset = await packDataset(sourceOf(images), { ...options, labelsPerClass });
  const { classNames, train, heldOut: apart } = dataset;
  const counts = classNames.map((name, index) => ({
    name,
    images: train.labels.filter((label) => label === index).length,
  }));
  dataset.close();
  const labelled = ({ labels }: typeof train) => labels.filter((label) => label >= 0).length;
  return { images: train.count, labelled: labelled(train), classes: counts, heldOut: labelled(apart) };
}

describe("the labels that a plan expects", () => {
  const image = fc.record({
    label: fc.constantFrom(null, "a", "b", "c", "10", "9"),
    split: fc.constantFrom<SplitName | null>("train", "test"),
    isBroken: fc.constant(false),
  });

  test("are those that training is given, whatever is held out and hidden", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(image, { minLength: 3, maxLength: 30 }),
        fc.boolean(),
        fc.nat(3),
        fc.constantFrom(0, 0.1, 0.5),
        fc.constantFrom(undefined, 1, 2),
        async (drawn, hasSplits, seed, heldOut, labelsPerClass) => {
          const images = hasSplits ? drawn : drawn.map((each) => ({ ...each, split: null }));
          const expected = trainingLabels(sourceOf(images), { seed, heldOut, labelsPerClass });
          fc.pre(expected.images > 0 && (labelsPerClass === undefined || expected.labelled > 0));
          expect(expected).toMatchObject(await packed(images, seed, heldOut, labelsPerClass));
        },
      ),
      { seed: 3, numRuns: 25 },
    );
  });

  test("say what training would see besides if no image were held out", () => {
    const labels = ["a", "b", "c", "d", null, "e", "f", "g", "h", "i"];
    const images = labels.map((label) => ({ label, split: null, isBroken: false }));
    const { classes, unlearned, withheld } = trainingLabels(sourceOf(images), { seed: 1, heldOut: 0.3 });
    expect([...classes.map(({ name }) => name), ...unlearned].sort()).toEqual(labels.filter((label) => label !== null));
    expect(withheld).toBe(unlearned.length);
    const own = images.map((each, index) => ({ ...each, split: index < 2 ? ("test" as const) : ("train" as const) }));
    const ofData = trainingLabels(sourceOf(own), { seed: 1, heldOut: 0.3 });
    expect(ofData).toMatchObject({ unlearned: ["a", "b"], withheld: 0 });
  });

  test("are more than those that training is given where labelled images are broken", async () => {
    const images = Array.from({ length: 12 }, (_, index) => ({
      label: ["a", "b", "c"][index % 3] ?? null,
      split: null,
      isBroken: index % 3 === 2,
    }));
    const choice = { seed: 0, heldOut: 0, labelsPerClass: 2 };
    expect(trainingLabels(sourceOf(images), choice).classes).toEqual(
      ["a", "b", "c"].map((name) => ({ name, images: 2 })),
    );
    expect(await packed(images, 0, 0, 2)).toEqual({
      images: 8,
      heldOut: 0,
      labelled: 4,
      classes: ["a", "b"].map((name) => ({ name, images: 2 })),
    });
  });
});
