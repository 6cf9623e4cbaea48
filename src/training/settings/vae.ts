import { z } from "zod";
import { AtelierError } from "../../foundation/errors.ts";
import { classModelNames, type VaeSettings } from "../../methods/index.ts";
import { likelihoodNames } from "../../nn/index.ts";
import type { Choose, Given } from "./choose.ts";

export const vaeSchema = z.strictObject({
  likelihood: z.enum(likelihoodNames),
  binarise: z.boolean(),
  beta: z.number().min(0),
  warmup: z.number().int().min(0),
  freeBits: z.number().min(0),
  importanceSamples: z.number().int().positive(),
  sampling: z.enum(["prior", "mixture"]),
  components: z.number().int().positive(),
  classModel: z.enum(classModelNames).optional(),
  classWeight: z.number().positive().optional(),
  classWarmup: z.number().int().min(0).optional(),
});

/** What a VAE's settings are chosen from. */
export interface VaeContext {
  readonly channels: 1 | 3;
  /** Classes that are learned. */
  readonly classes: number;
  readonly steps: number;
}

/** The settings that were given, and usual ones instead of the others. */
export function chosenVae(given: Given<VaeSettings>, choose: Choose, context: VaeContext): z.infer<typeof vaeSchema> {
  return {
    likelihood: choose("vae.likelihood", given.likelihood, ...usualLikelihood(context.channels)),
    binarise: choose("vae.binarise", given.binarise, false, "pixels keep their brightness"),
    beta: choose("vae.beta", given.beta, 1, "the bound of the likelihood (Kingma and Welling 2014)"),
    warmup: choose("vae.warmup", given.warmup, 0, "the full weight from the first step"),
    freeBits: choose("vae.freeBits", given.freeBits, 0, "none"),
    importanceSamples: choose("vae.importanceSamples", given.importanceSamples, 1, "the evidence bound: fastest"),
    sampling: choose("vae.sampling", given.sampling, "prior", "what the model learns that codes are drawn from"),
    components: choose("vae.components", given.components, 10, "the usual number (Ghosh et al. 2020)"),
    ...chosenClassModel(given, context, choose),
  };
}

type ClassKeys = "classModel" | "classWeight" | "classWarmup";

/** @throws AtelierError (usage) where settings of classes are given and none are learned. */
function chosenClassModel(
  given: Given<VaeSettings>,
  { classes, steps }: VaeContext,
  choose: Choose,
): Pick<z.infer<typeof vaeSchema>, ClassKeys> {
  if (classes === 0) {
    const key = (["classModel", "classWeight", "classWarmup"] as const).find((name) => given[name] !== undefined);
    if (key === undefined) return {};
    const help = "leave it out, or give labels: class folders, labels.csv or --labels FILE";
    throw unfitting(`vae.${key}`, "labels of two classes or more", "a run that learns no classes", help);
  }
  const { classModel, classWeight, classWarmup } = given;
  return {
    classModel: choose(
      "vae.classModel",
      classModel,
      "m1+m2",
      "every class is tried on a code, not on a picture: faster",
    ),
    classWeight: choose(
      "vae.classWeight",
      classWeight,
      50,
      "labels count more than the bound, of a hundred nats or more",
    ),
    classWarmup: choose(
      "vae.classWarmup",
      classWarmup,
      Math.ceil(steps / 3),
      "a third of the steps: a model that knows no classes would teach wrong ones",
    ),
  };
}

function usualLikelihood(channels: VaeContext["channels"]): readonly [VaeSettings["likelihood"], string] {
  return channels === 1
    ? ["bernoulli", "the usual one of grey pictures (Kingma and Welling 2014)"]
    : ["gaussian", "sharper colour pictures than the logistic one (Rybkin et al. 2021)"];
}

/** The most classes that are tried on every image: as many passes through a decoder of pictures, or of codes. */
const MOST_CLASSES = { m2: 20, "m1+m2": 200 } as const;

/** @throws AtelierError (usage) when settings do not go together, or not with the run. */
export function assertVaeFits(
  settings: VaeSettings,
  { steps, classes }: { readonly steps: number; readonly classes: number },
): void {
  const { likelihood, binarise, freeBits, importanceSamples, warmup } = settings;
  if (binarise && likelihood !== "bernoulli") {
    throw unfitting(
      "vae.likelihood",
      "bernoulli where vae.binarise draws pixels as 0 or 1",
      likelihood,
      "set vae.likelihood to bernoulli, or vae.binarise to false",
    );
  }
  if (freeBits > 0 && importanceSamples > 1) {
    throw unfitting(
      "vae.freeBits",
      "0 where vae.importanceSamples is above 1: that bound has no divergence of its own",
      freeBits,
      "set vae.freeBits to 0, or vae.importanceSamples to 1",
    );
  }
  if (warmup >= steps) {
    const help = `use ${Math.floor(steps / 10)}, a tenth of the steps`;
    throw unfitting("vae.warmup", `fewer than the ${steps} steps of the run`, warmup, help);
  }
  if (classes > 0) assertClassesFit(settings, classes);
}

function assertClassesFit({ classModel = "m1+m2", sampling, importanceSamples }: VaeSettings, classes: number): void {
  if (sampling === "mixture") {
    const help = "set vae.sampling to prior, or classes to 0 to leave the labels out";
    throw unfitting("vae.sampling", "prior where classes are learned: a class has codes of its own", sampling, help);
  }
  if (classModel === "m2" && importanceSamples > 1) {
    const help = "set vae.importanceSamples to 1, or vae.classModel to m1+m2";
    throw unfitting("vae.importanceSamples", "1 where vae.classModel is m2", importanceSamples, help);
  }
  const most = MOST_CLASSES[classModel];
  if (classes > most) {
    const help =
      classModel === "m2"
        ? "set vae.classModel to m1+m2"
        : "train with --model gan, or set classes to 0 to leave the labels out";
    throw unfitting(
      "vae.classModel",
      `at most ${most} classes for ${classModel}, which tries each on every image`,
      `${classes} classes`,
      help,
    );
  }
}

function unfitting(where: string, expected: string, received: string | number, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where, expected, received: String(received), help });
}
