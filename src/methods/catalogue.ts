import { type PictureSize, sidesOf } from "../data/index.ts";
import type { TappedNetwork } from "../features/index.ts";
import { internalError } from "../foundation/errors.ts";
import { type ArchitectureName, architectures, type ImageFormat, type Structure } from "../models/index.ts";
import { type OptimizerChoice, optimizerOf, type ScheduleOptions, scheduleOf } from "../nn/index.ts";
import { type AutoencoderSettings, autoencoder } from "./autoencoder.ts";
import { classifiedAutoencoder } from "./classified-autoencoder.ts";
import { conditionalGan } from "./conditional-gan.ts";
import type { NoiseImages } from "./corruption.ts";
import { type FeatureMatchingSettings, featureMatching } from "./feature-matching.ts";
import { type GanSettings, gan, lazyShare } from "./gan.ts";
import type { ClassifierSettings } from "./labels/classification.ts";
import type { Method, Update } from "./method.ts";
import { semiSupervisedVae } from "./semi-supervised-vae.ts";
import { type VaeSettings, vae } from "./vae.ts";
import { type VqVaeSettings, vqVae } from "./vq-vae.ts";

/** Every network that a method may train. */
export const trainedNetworks = ["generator", "discriminator", "encoder", "decoder", "prior", "classifier"] as const;
export type TrainedNetwork = (typeof trainedNetworks)[number];

/** The networks that each family of methods trains, whether it learns classes or not. */
const networksOfModel = {
  gan: ["generator", "discriminator"],
  autoencoder: ["encoder", "decoder"],
  vae: ["encoder", "decoder"],
  "vq-vae": ["encoder", "decoder", "prior"],
  "feature-matching": ["generator", "discriminator"],
} as const satisfies Record<string, readonly TrainedNetwork[]>;

export type ModelName = keyof typeof networksOfModel;

/** The networks that are trained: where classes are learned, and no network tells them apart anyway, a classifier, too. */
export function networksOf({ model, classes }: { readonly model: ModelName; readonly classes: number }) {
  const networks: readonly TrainedNetwork[] = networksOfModel[model];
  return classes === 0 || model === "feature-matching" ? networks : [...networks, "classifier" as const];
}

/** Whether a model encodes images and decodes them again, beside making new ones. */
export function hasCoders({ model }: { readonly model: ModelName }): boolean {
  return networksOf({ model, classes: 0 }).includes("encoder");
}

/** The part of a run's configuration that decides its method, whatever the family. */
interface CommonConfig {
  /** Classes that the method learns; 0: labels are not used. */
  readonly classes: number;
  readonly architecture: ArchitectureName;
  readonly size: PictureSize;
  readonly channels: 1 | 3;
  readonly latent: number;
  readonly width: number;
  readonly network: Structure;
  readonly batch: number;
  readonly microBatches: number;
  readonly steps: number;
  readonly optimizer: OptimizerChoice;
  /** Of each network of the family. */
  readonly learningRate: Readonly<Partial<Record<TrainedNetwork, number | undefined>>>;
  /** Of all networks, and what differs for one. */
  readonly schedule: ScheduleOptions & Readonly<Partial<Record<TrainedNetwork, Partial<ScheduleOptions> | undefined>>>;
  /** How classes are learned, where they are. */
  readonly classifier?: ClassifierSettings | undefined;
  /** 0 for no limit. */
  readonly clipNorm: number;
  readonly averageHalfLife: number;
}

/** The settings of one family. */
export type FamilyConfig =
  | { readonly model: "gan"; readonly gan: GanSettings }
  | { readonly model: "autoencoder"; readonly autoencoder: AutoencoderSettings }
  | { readonly model: "vae"; readonly vae: VaeSettings }
  | { readonly model: "vq-vae"; readonly vqVae: VqVaeSettings }
  | { readonly model: "feature-matching"; readonly featureMatching: FeatureMatchingSettings };

export type MethodConfig = CommonConfig & FamilyConfig;

/** What a method needs besides its configuration: files that the configuration names. */
export interface MethodResources {
  /** A pretrained network whose features are compared. */
  readonly features?: Pick<TappedNetwork, "see">;
  /** Images that are laid over others. */
  readonly corruption?: NoiseImages;
}

/** The images that a configuration asks for. */
export function formatOf({ size, channels }: Pick<MethodConfig, "size" | "channels">): ImageFormat {
  return { ...sidesOf(size), channels };
}

/** The training method that a configuration asks for, for batches of `batch / microBatches` images. */
export function methodOf(config: MethodConfig, resources: MethodResources = {}): Method {
  const { classes, microBatches } = config;
  const classifier = config.classifier && {
    ...config.classifier,
    batch: config.classifier.batch / microBatches,
  };
  const common = {
    architecture: architectures[config.architecture],
    format: formatOf(config),
    latent: config.latent,
    width: config.width,
    structure: config.network,
    batch: config.batch / microBatches,
    averageHalfLife: config.averageHalfLife,
  };
  switch (config.model) {
    case "gan": {
      const { discriminatorSteps } = config.gan;
      // Adam's beta1 = 0.5, as Radford et al. 2016 found it necessary for a GAN.
      const generator = updateOf(config, "generator", { beta1: 0.5, every: discriminatorSteps });
      const options = {
        ...common,
        ...config.gan,
        parts: config.microBatches,
        generator,
        discriminator: updateOf(config, "discriminator", { beta1: 0.5, share: lazyShare(config.gan) }),
        // It has no part in a lazy penalty: one update a step.
        redrawer: updateOf(config, "discriminator", { beta1: 0.5 }),
      };
      return classifier === undefined
        ? gan(options)
        : conditionalGan({ ...options, classes, classifier, teacher: updateOf(config, "classifier") });
    }
    case "autoencoder": {
      const options = {
        ...common,
        ...config.autoencoder,
        features: resources.features?.see,
        noiseImages: resources.corruption,
        encoder: updateOf(config, "encoder"),
        decoder: updateOf(config, "decoder"),
      };
      return classifier === undefined
        ? autoencoder(options)
        : classifiedAutoencoder({ ...options, classes, classifier, teacher: updateOf(config, "classifier") });
    }
    case "vae": {
      const options = {
        ...common,
        ...config.vae,
        encoder: updateOf(config, "encoder"),
        decoder: updateOf(config, "decoder"),
      };
      return classifier === undefined
        ? vae(options)
        : semiSupervisedVae({ ...options, classes, classifier, teacher: updateOf(config, "classifier") });
    }
    case "vq-vae":
      return vqVae({
        ...common,
        ...config.vqVae,
        encoder: updateOf(config, "encoder"),
        decoder: updateOf(config, "decoder"),
        prior: updateOf(config, "prior"),
      });
    case "feature-matching":
      if (classifier === undefined) throw internalError("feature matching", "no classes");
      return featureMatching({
        ...common,
        ...config.featureMatching,
        classes,
        classifier,
        generator: updateOf(config, "generator", { beta1: 0.5 }),
        discriminator: updateOf(config, "discriminator", { beta1: 0.5 }),
      });
  }
}

/**
 * How a network is moved: its schedule goes by steps.
 * @param numbers.every steps from one update of this network to the next.
 * @param numbers.share steps for each update where there are more updates than steps: rate and betas are rescaled to it, so
 *   that a step moves as far and forgets as much as with one update (Karras et al. 2020, "Analyzing and Improving the Image
 *   Quality of StyleGAN", appendix B).
 */
function updateOf(
  { optimizer, schedule, learningRate, steps, clipNorm }: MethodConfig,
  network: TrainedNetwork,
  { beta1 = 0.9, every = 1, share = 1 } = {},
): Update {
  const rate = learningRate[network];
  if (rate === undefined) throw internalError("method", `no learning rate of the ${network}`);
  const factor = scheduleOf({ ...schedule, ...schedule[network] }, steps);
  const options = {
    learningRate: rate * share,
    schedule: (update: number) => factor(update * every * share),
    beta1: beta1 ** share,
    beta2: 0.999 ** share,
  };
  return { optimizer: optimizerOf(optimizer, options), clipNorm: clipNorm === 0 ? undefined : clipNorm };
}
