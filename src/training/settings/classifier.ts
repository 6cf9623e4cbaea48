import { z } from "zod";
import { AtelierError } from "../../foundation/errors.ts";
import type { ClassifierSettings, ModelName } from "../../methods/index.ts";
import { transformNames } from "../../nn/index.ts";
import type { Choose, Given } from "./choose.ts";

/** How classes are learned: there where the configuration has classes. */
export const classifierSchema = z.strictObject({
  width: z.number().int().positive(),
  batch: z.number().int().positive(),
  pseudoLabels: z.number().min(0),
  threshold: z.number().min(0).lt(1),
  transforms: z.array(z.enum(transformNames)).min(1),
  alignment: z.boolean(),
});

const USUAL_WIDTH = 32;

/** What the settings are chosen from. */
export interface ClassifierContext {
  readonly model: ModelName;
  readonly channels: 1 | 3;
  /** Images a step, and the parts in which they are worked through. */
  readonly batch: number;
  readonly microBatches: number;
  /** Training images, and those with a label. */
  readonly images: number;
  readonly labelled: number;
}

/**
 * The settings that were given, and usual ones instead of the others; none where there are no classes.
 * @throws AtelierError (usage) where settings are given and there are no classes, or the model makes no use of them.
 */
export function chosenClassification(
  given: Given<ClassifierSettings> | undefined,
  { classes, ...context }: ClassifierContext & { readonly classes: number },
  choose: Choose,
): { readonly classifier?: z.infer<typeof classifierSchema> } {
  if (classes > 0) return { classifier: chosenClassifier(given ?? {}, context, choose) };
  if (given === undefined) return {};
  throw new AtelierError({
    kind: "usage",
    where: `classifier.${Object.keys(given)[0] ?? ""}`,
    expected: "labels of two classes or more, and a model that learns them",
    received: "a run that learns no classes",
    help: "leave classifier out, or give labels: class folders, labels.csv or --labels FILE",
  });
}

function chosenClassifier(
  given: Given<ClassifierSettings>,
  { model, channels, batch, microBatches, images, labelled }: ClassifierContext,
  choose: Choose,
): z.infer<typeof classifierSchema> {
  const isOwnNetwork = model === "gan" || model === "vae";
  const colours = channels === 3 ? (["hue", "saturation"] as const) : [];
  const isPartial = labelled < images;
  const isFew = isPartial && model !== "feature-matching";
  const transforms = ["scale", "translation", "brightness", ...colours, "contrast", "cutout"] as const;
  const chosen = {
    width: choose(
      "classifier.width",
      given.width,
      USUAL_WIDTH,
      isOwnNetwork ? "enough for few labels, and little beside the others" : "not used: no network of its own",
    ),
    batch: choose(
      "classifier.batch",
      given.batch,
      isFew ? quarterOf(batch, microBatches) : batch,
      isFew ? "a quarter of the others: there are few" : "as many as others",
    ),
    pseudoLabels: choose(
      "classifier.pseudoLabels",
      given.pseudoLabels,
      ...((!isPartial
        ? [0, "every image has a label"]
        : model === "feature-matching"
          ? [0, "generated pictures teach it instead (Salimans et al. 2016)"]
          : [1, "images without a label teach, too (Sohn et al. 2020)"]) satisfies readonly [number, string]),
    ),
    threshold: choose("classifier.threshold", given.threshold, 0.95, "the usual one (Sohn et al. 2020)"),
    transforms: [...choose("classifier.transforms", given.transforms, transforms, "what leaves a class as it is")],
    alignment: choose("classifier.alignment", given.alignment, true, "no class is given up (Berthelot et al. 2020)"),
  };
  if (!isOwnNetwork && chosen.width !== USUAL_WIDTH) {
    throw unused("width", chosen.width, `none for model ${model}, whose classifier is a part of its other networks,`);
  }
  if (model === "feature-matching" && chosen.pseudoLabels === 0 && chosen.transforms.join() !== transforms.join()) {
    throw unused(
      "transforms",
      chosen.transforms.join(),
      "none for model feature-matching without classifier.pseudoLabels",
    );
  }
  return chosen;
}

/** Of a key that would change nothing. */
function unused(key: string, received: string | number, expected: string): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: `classifier.${key}`,
    expected,
    received: String(received),
    help: "leave it out",
  });
}

/** A quarter of a batch, in as many equal parts. */
export function quarterOf(batch: number, microBatches: number): number {
  return microBatches * Math.ceil(batch / (4 * microBatches));
}
