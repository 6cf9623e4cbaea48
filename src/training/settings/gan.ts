import { z } from "zod";
import { AtelierError } from "../../foundation/errors.ts";
import { augmentationNames, type GanSettings } from "../../methods/index.ts";
import {
  type ArchitectureName,
  architectures,
  discriminatorNormNames,
  usesBatchStatistics,
} from "../../models/index.ts";
import { adversarialLossNames, transformNames } from "../../nn/index.ts";
import type { Choose, Given } from "./choose.ts";

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
});

/** What a GAN's settings are chosen from. */
export interface GanContext {
  readonly architecture: ArchitectureName;
  readonly steps: number;
}

/** The settings that were given, and usual ones instead of the others. */
export function chosenGan(
  given: Given<GanSettings>,
  { architecture, steps }: GanContext,
  choose: Choose,
): z.infer<typeof ganSchema> {
  const loss = choose("gan.loss", given.loss, "nonSaturating", "the usual one (Goodfellow et al. 2014, section 3)");
  const updates = choose("gan.updates", given.updates, "alternating", "the usual order (Goodfellow et al. 2014)");
  const isWasserstein = loss === "wasserstein";
  return {
    loss,
    updates,
    discriminatorSteps: choose(
      "gan.discriminatorSteps",
      given.discriminatorSteps,
      isWasserstein ? 5 : 1,
      isWasserstein ? "the Wasserstein distance needs a good critic (Gulrajani et al. 2017)" : "the usual number",
    ),
    discriminatorNorm: chosenNorm(given.discriminatorNorm, { architecture, updates }, choose),
    labelSmoothing: choose("gan.labelSmoothing", given.labelSmoothing, 0, "none"),
    r1: choose("gan.r1", given.r1, 0, "none"),
    r1Every: choose("gan.r1Every", given.r1Every, 16, "as in Karras et al. 2020"),
    gradientPenalty: choose(
      "gan.gradientPenalty",
      given.gradientPenalty,
      isWasserstein ? 10 : 0,
      isWasserstein ? "the usual weight (Gulrajani et al. 2017)" : "none",
    ),
    lecam: choose("gan.lecam", given.lecam, 0, "none"),
    instanceNoise: choose("gan.instanceNoise", given.instanceNoise, 0, "none"),
    instanceNoiseSteps: choose(
      "gan.instanceNoiseSteps",
      given.instanceNoiseSteps,
      steps,
      "it fades over the whole run",
    ),
    augmentation: choose("gan.augmentation", given.augmentation, "none", "none"),
    transforms: [...choose("gan.transforms", given.transforms, ["translation"], "the usual ones")],
    adaTarget: choose("gan.adaTarget", given.adaTarget, 0.6, "the usual one (Karras et al. 2020)"),
    minibatchDeviation: choose("gan.minibatchDeviation", given.minibatchDeviation, false, "none"),
    mapNoise: choose("gan.mapNoise", given.mapNoise, false, "none"),
    dropout: choose("gan.dropout", given.dropout, 0, "none"),
  };
}

/** The norm that was given, or the first of the architecture's that the updates allow. */
function chosenNorm(
  given: GanSettings["discriminatorNorm"] | undefined,
  { architecture, updates }: Pick<GanSettings, "updates"> & Pick<GanContext, "architecture">,
  choose: Choose,
): GanSettings["discriminatorNorm"] {
  const { discriminatorNorms } = architectures[architecture];
  const [usual] = discriminatorNorms;
  const other = discriminatorNorms.find((norm) => !usesBatchStatistics(norm));
  return updates === "one-stage" && other !== undefined && other !== usual
    ? choose("gan.discriminatorNorm", given, other, "one-stage updates allow no statistics over the batch")
    : choose("gan.discriminatorNorm", given, usual, `the usual one of ${architecture}`);
}

/** @throws AtelierError (usage) when settings do not go together. */
export function assertGanFits({ discriminatorNorm, updates }: GanSettings, architecture: ArchitectureName): void {
  const possible = architectures[architecture].discriminatorNorms.filter(
    (norm) => updates === "alternating" || !usesBatchStatistics(norm),
  );
  if (possible.includes(discriminatorNorm)) return;
  const other = updates === "alternating" ? "" : ` with ${updates} updates`;
  throw new AtelierError({
    kind: "usage",
    where: "gan.discriminatorNorm",
    expected: `one that ${architecture}${other} can have: ${possible.join(", ")}`,
    received: discriminatorNorm,
    help: `use ${possible[0] ?? "another architecture"}${updates === "alternating" ? "" : ", or alternating updates"}`,
  });
}
