import { describe, expect, it } from "vitest";
import type { TrainingLabels } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import type { ModelName } from "../methods/index.ts";
import { chosenClasses, MOST_CLASSES } from "./chosen-classes.ts";

/** Labels of so many images of each class, among images without. */
function labelsOf(counts: Readonly<Record<string, number>>, unlabelled = 0): TrainingLabels {
  const classes = Object.entries(counts).map(([name, images]) => ({ name, images }));
  const labelled = classes.reduce((total, { images }) => total + images, 0);
  return { images: labelled + unlabelled, labelled, classes, heldOut: 0, unlearned: [], withheld: 0 };
}
const many = (count: number, images = 2) =>
  labelsOf(Object.fromEntries(Array.from({ length: count }, (_, index) => [`kind ${index}`, images])), 5 * count);

/** What is chosen, and why. */
function chosen(labels: TrainingLabels, given?: number, model: ModelName = "gan") {
  const reasons: Record<string, string> = {};
  const classes = chosenClasses(given, { model, labels, where: "x.csv" }, (key, value, fallback, reason) => {
    if (value === undefined) reasons[key] = reason;
    return value ?? fallback;
  });
  return [classes, reasons["classes"]];
}
function refusal(labels: TrainingLabels, given?: number, model?: ModelName) {
  try {
    return chosen(labels, given, model);
  } catch (cause) {
    return cause instanceof AtelierError ? cause.details : cause;
  }
}

describe("the classes that are learned", () => {
  it("are all that have labels; the reason says how many labels there are, and what is made of them", () => {
    expect(chosen(labelsOf({ cat: 4, dog: 9 }, 100))).toEqual([
      2,
      "13 of 113 training images have a label, 4 to 9 of each class, and the others train as well: " +
        "a conditional GAN makes pictures of a class, and a classifier comes with it",
    ]);
    expect(chosen(labelsOf({ cat: 7, dog: 7 }), undefined, "feature-matching")).toEqual([
      2,
      "all 14 training images have a label, 7 of each class: a classifier learns against a generator, whose pictures are of no class",
    ]);
    expect(chosen(many(50, 1))[0]).toBe(50);
  });

  it("say which labels are held out where they are few, and which classes only held-out images have", () => {
    const few = { ...labelsOf({ cat: 4, dog: 9 }, 100), withheld: 3 };
    const advice = "--set heldOut=0 trains with all, and the classifier's error is then not known";
    const reasonOf = (labels: TrainingLabels) => chosen(labels)[1];
    expect(reasonOf(few)).toContain(`comes with it; 3 more labels are on held-out images: ${advice}`);
    expect(reasonOf({ ...few, withheld: 1, unlearned: ["emu"] })).toContain(
      `; not learned, as only held-out images are labelled so: emu; 1 more label is on a held-out image: ${advice}`,
    );
    expect(reasonOf({ ...labelsOf({ cat: 40, dog: 90 }, 100), withheld: 14 })).not.toContain("held-out");
    expect(reasonOf({ ...labelsOf({ cat: 4, dog: 9 }), withheld: 3 })).not.toContain("held-out");
  });

  it.each([
    ["no label", labelsOf({}, 9), "no training image has a label"],
    [
      "a single label",
      labelsOf({ cat: 1 }, 9),
      "only one training image has a label, cat: there is nothing to tell apart",
    ],
    ["one class", labelsOf({ cat: 5 }, 9), "all labels say cat: there is nothing to tell apart"],
  ])("are none with %s", (_, labels, reason) => {
    expect(chosen(labels)).toEqual([0, reason]);
    expect(chosen(labels, 0)).toEqual([0, undefined]);
    expect(refusal(labels, 2)).toMatchObject({ kind: "usage", where: "classes", expected: `0: ${reason}` });
    expect(refusal(labels, undefined, "feature-matching")).toMatchObject({ where: "--model feature-matching" });
  });

  it("are none where the model learns nothing from labels, or the user wants none", () => {
    expect(chosen(labelsOf({ cat: 4, dog: 9 }), undefined, "vq-vae")).toEqual([0, expect.stringContaining("vq-vae")]);
    expect(chosen(labelsOf({ cat: 4, dog: 9 }), 0)).toEqual([0, undefined]);
    expect(refusal(labelsOf({ cat: 4, dog: 9 }), 0, "feature-matching")).toMatchObject({
      received: "classes set to 0",
    });
  });

  it("are not any other number", () => {
    expect(refusal(labelsOf({ cat: 4, dog: 9 }), 3)).toMatchObject({ help: "set classes to 2" });
  });
});

describe("labels that are no classes", () => {
  const measured = labelsOf({ "0.13": 1, "0.57": 1, "0.7": 2 });
  it("are refused with advice", () => {
    expect(refusal(measured)).toEqual({
      kind: "data",
      where: "x.csv",
      expected: "labels that are names of classes, one an image",
      received: "3 different numbers, such as 0.13 and 0.57: measured values",
      help: "write a class for each range of them, such as small and large, or add --set classes=0 to train without labels; if they are classes, add --set classes=3",
    });
  });

  it("are taken as classes by whoever insists, and left out by whoever does not want them", () => {
    expect(chosen(measured, 3)).toEqual([3, undefined]);
    expect(chosen(measured, 0)).toEqual([0, undefined]);
    expect(chosen(measured, undefined, "vq-vae")[0]).toBe(0);
  });

  it("are not of thousands of classes, whoever insists", () => {
    expect(chosen(many(MOST_CLASSES))[0]).toBe(MOST_CLASSES);
    for (const given of [undefined, MOST_CLASSES + 1]) {
      expect(refusal(many(MOST_CLASSES + 1), given)).toMatchObject({
        kind: "data",
        expected: "labels of at most 1000 classes",
        received: "1001 classes",
      });
    }
    expect(chosen(many(MOST_CLASSES + 1), 0)[0]).toBe(0);
  });
});
