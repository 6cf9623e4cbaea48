import { AtelierError } from "../../foundation/errors.ts";
import type {
  AutoencoderSettings,
  FamilyConfig,
  FeatureMatchingSettings,
  GanSettings,
  ModelName,
  VaeSettings,
  VqVaeSettings,
} from "../../methods/index.ts";
import { autoencoderSchema, chosenAutoencoder } from "./autoencoder.ts";
import type { Choose, Given } from "./choose.ts";
import { chosenFeatureMatching, featureMatchingSchema } from "./feature-matching.ts";
import { chosenGan, type GanContext, ganSchema } from "./gan.ts";
import { chosenVae, type VaeContext, vaeSchema } from "./vae.ts";
import { chosenVqVae, vqVaeSchema } from "./vq-vae.ts";

export const modelNames = ["gan", "autoencoder", "vae", "vq-vae", "feature-matching"] as const;

/** The settings of each family of methods, by their key in the configuration. */
export const familySchemas = {
  gan: ganSchema,
  autoencoder: autoencoderSchema,
  vae: vaeSchema,
  vqVae: vqVaeSchema,
  featureMatching: featureMatchingSchema,
};

/** The settings of each family that a user may give. */
export interface GivenFamilies {
  readonly gan?: Given<GanSettings> | undefined;
  readonly autoencoder?: Given<AutoencoderSettings> | undefined;
  readonly vae?: Given<VaeSettings> | undefined;
  readonly vqVae?: Given<VqVaeSettings> | undefined;
  readonly featureMatching?: Given<FeatureMatchingSettings> | undefined;
}

/** What the settings of a family are chosen from. */
export type FamilyContext = GanContext & VaeContext;

const sectionOf = {
  gan: "gan",
  autoencoder: "autoencoder",
  vae: "vae",
  "vq-vae": "vqVae",
  "feature-matching": "featureMatching",
} as const satisfies Record<ModelName, keyof GivenFamilies>;

/**
 * The settings of the family: those given, and usual ones instead of the others.
 * @throws AtelierError (usage) where settings of another family are given.
 */
export function chosenFamily(given: GivenFamilies, model: ModelName, context: FamilyContext, choose: Choose) {
  for (const [other, section] of Object.entries(sectionOf)) {
    if (other === model || given[section] === undefined) continue;
    throw new AtelierError({
      kind: "usage",
      where: `${section}.${Object.keys(given[section])[0] ?? ""}`,
      expected: `settings of --model ${model}: ${sectionOf[model]}.*`,
      received: `a setting of ${other}`,
      help: `leave ${section} out, or train with --model ${other}`,
    });
  }
  switch (model) {
    case "gan":
      return { model, gan: chosenGan(given.gan ?? {}, context, choose) } satisfies FamilyConfig;
    case "autoencoder":
      return { model, autoencoder: chosenAutoencoder(given.autoencoder ?? {}, choose, context) } satisfies FamilyConfig;
    case "vae":
      return { model, vae: chosenVae(given.vae ?? {}, choose, context) } satisfies FamilyConfig;
    case "vq-vae":
      return { model, vqVae: chosenVqVae(given.vqVae ?? {}, choose) } satisfies FamilyConfig;
    case "feature-matching": {
      const featureMatching = chosenFeatureMatching(given.featureMatching ?? {}, choose);
      return { model, featureMatching } satisfies FamilyConfig;
    }
  }
}
