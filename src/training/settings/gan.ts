import { z } from "zod";
import { augmentationNames, conditioningNames, type GanSettings } from "../../methods/index.ts";
import {
  type ArchitectureName,
  architectures,
  discriminatorNormNames,
  usesBatchStatistics,
} from "../../models/index.ts";
import { adversarialLossNames, transformNames } from "../../nn/index.ts";
import type { AutomaticChoices } from "../automatic.ts";
import type { Choose, Given } from "./choose.ts";
import { type JudgedApart, judgedApart } from "./gan-rules.ts";

export { assertGanFits } from "./gan-rules.ts";

const count = z.number().int().positive();
const weight = z.number().min(0);

export const ganSchema = z.strictObject({
  loss: z.enum(adversarialLossNames),
  updates: z.enum(["alternating", "one-stage"]),
  discriminatorSteps: count,
  discriminatorNorm: z.enum(discriminatorNormNames),
  labelSmoothing: z.number().min(0).lt(0.5),
  r1: weight,
  r1Every: count,
  gradientPenalty: weight,
  lecam: weight,
  instanceNoise: weight,
  instanceNoiseSteps: count,
  augmentation: z.enum(augmentationNames),
  transforms: z.array(z.enum(transformNames)).min(1),
  adaTarget: z.number().gt(-1).lt(1),
  minibatchDeviation: z.boolean(),
  mapNoise: z.boolean(),
  dropout: z.number().min(0).lt(1),
  /** There where classes are learned. */
  conditioning: z.enum(conditioningNames).optional(),
  rotation: weight.optional(),
});

/** What a GAN's settings are chosen from. */
export interface GanContext {
  readonly architecture: ArchitectureName;
  readonly steps: number;
  /** Classes that it learns; 0: none. */
  readonly classes: number;
  /** What the data suggest. */
  readonly automatic: Pick<AutomaticChoices, "augmentation" | "transforms">;
}

/** The settings that were given, and usual ones instead of the others. */
export function chosenGan(
  given: Given<GanSettings>,
  { architecture, steps, classes, automatic }: GanContext,
  choose: Choose,
): z.infer<typeof ganSchema> {
  const updates = choose("gan.updates", given.updates, "alternating", "the usual order (Goodfellow et al. 2014)");
  const usual = usualOf(architecture, updates, automatic);
  const loss = choose("gan.loss", given.loss, ...usual.loss);
  const isWasserstein = loss === "wasserstein";
  const answers = isWasserstein && updates === "alternating";
  const r1 = choose("gan.r1", given.r1, 0, "none; a weight of the usual size is 0.0002 width height / batch");
  const gradientPenalty = choose(
    "gan.gradientPenalty",
    given.gradientPenalty,
    isWasserstein ? 10 : 0,
    isWasserstein ? "the usual weight (Gulrajani et al. 2017)" : "none: it is the Wasserstein loss that needs one",
  );
  return {
    loss,
    updates,
    discriminatorSteps: choose(
      "gan.discriminatorSteps",
      given.discriminatorSteps,
      answers ? Math.min(5, steps) : 1,
      answers ? "the Wasserstein distance needs a good critic (Gulrajani et al. 2017)" : "both in turn",
    ),
    discriminatorNorm: chosenNorm(given.discriminatorNorm, { architecture, updates, r1, gradientPenalty }, choose),
    labelSmoothing: choose("gan.labelSmoothing", given.labelSmoothing, 0, "none"),
    r1,
    r1Every: choose("gan.r1Every", given.r1Every, 16, "seldom enough to cost little (Karras et al. 2020)"),
    gradientPenalty,
    lecam: choose("gan.lecam", given.lecam, 0, "none; 0.3 for few images (Tseng et al. 2021)"),
    instanceNoise: choose("gan.instanceNoise", given.instanceNoise, 0, "none"),
    instanceNoiseSteps: choose(
      "gan.instanceNoiseSteps",
      given.instanceNoiseSteps,
      steps,
      "it fades over the whole run",
    ),
    augmentation: choose("gan.augmentation", given.augmentation, ...usual.augmentation),
    transforms: [...choose("gan.transforms", given.transforms, ...usual.transforms)],
    adaTarget: choose("gan.adaTarget", given.adaTarget, 0.6, "the usual one (Karras et al. 2020)"),
    minibatchDeviation: choose("gan.minibatchDeviation", given.minibatchDeviation, false, "none"),
    mapNoise: choose("gan.mapNoise", given.mapNoise, false, "none"),
    dropout: choose("gan.dropout", given.dropout, 0, "none"),
    ...chosenConditioning(given, classes, choose),
  };
}

/** How classes are learned, where they are; without classes what was given, which the rules refuse. */
function chosenConditioning(
  { conditioning, rotation }: Given<GanSettings>,
  classes: number,
  choose: Choose,
): Pick<GanSettings, "conditioning" | "rotation"> {
  if (classes === 0) {
    return { ...(conditioning !== undefined && { conditioning }), ...(rotation !== undefined && { rotation }) };
  }
  return {
    conditioning: choose(
      "gan.conditioning",
      conditioning,
      "projection",
      "pictures are judged as ones of their class (Miyato and Koyama 2018)",
    ),
    rotation: choose("gan.rotation", rotation, 0, "none"),
  };
}

/** What depends on the architecture: those that draw again are trained as in Liu et al. 2021, "FastGAN". */
function usualOf(
  architecture: ArchitectureName,
  updates: GanSettings["updates"],
  automatic: GanContext["automatic"],
): GanContext["automatic"] & { readonly loss: readonly [GanSettings["loss"], string] } {
  const nonSaturating = ["nonSaturating", "the usual one (Goodfellow et al. 2014, section 3)"] as const;
  if (architectures[architecture].redrawer === undefined) return { ...automatic, loss: nonSaturating };
  const reason = `as ${architecture} was trained by its authors (Liu et al. 2021)`;
  return {
    loss: updates === "alternating" ? ["hinge", reason] : nonSaturating,
    augmentation: ["diffaugment", reason],
    transforms: [["brightness", "saturation", "contrast", "translation"], reason],
  };
}

/** The norm that was given, or the first of the architecture's that the other settings allow. */
function chosenNorm(
  given: GanSettings["discriminatorNorm"] | undefined,
  { architecture, ...settings }: JudgedApart & Pick<GanContext, "architecture">,
  choose: Choose,
): GanSettings["discriminatorNorm"] {
  const { discriminatorNorms } = architectures[architecture];
  const [usual] = discriminatorNorms;
  const cause = judgedApart(settings);
  const allowed = discriminatorNorms.filter((norm) => !usesBatchStatistics(norm));
  const other = settings.gradientPenalty > 0 ? (allowed.find((norm) => norm === "layer") ?? allowed[0]) : allowed[0];
  if (cause === undefined || other === undefined || allowed.includes(usual)) {
    return choose("gan.discriminatorNorm", given, usual, `the usual one of ${architecture}`);
  }
  return choose("gan.discriminatorNorm", given, other, `${cause.text} allow no statistics over the batch`);
}
