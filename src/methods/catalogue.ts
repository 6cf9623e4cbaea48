import { type PictureSize, sidesOf } from "../data/index.ts";
import type { TappedNetwork } from "../features/index.ts";
import { internalError } from "../foundation/errors.ts";
import { type ArchitectureName, architectures, type ImageFormat, type Structure } from "../models/index.ts";
import { type OptimizerChoice, optimizerOf, type ScheduleOptions, scheduleOf } from "../nn/index.ts";
import { type AutoencoderSettings, autoencoder } from "./autoencoder.ts";
import type { NoiseImages } from "./corruption.ts";
import { type GanSettings, gan, lazyShare } from "./gan.ts";
import type { Method, Update } from "./method.ts";
import { type VaeSettings, vae } from "./vae.ts";
import { type VqVaeSettings, vqVae } from "./vq-vae.ts";

/** Every network that a method may train. */
export const trainedNetworks = ["generator", "discriminator", "encoder", "decoder", "prior"] as const;
export type TrainedNetwork = (typeof trainedNetworks)[number];

/** The networks that each family of methods trains. */
export const networksOfModel = {
  gan: ["generator", "discriminator"],
  autoencoder: ["encoder", "decoder"],
  vae: ["encoder", "decoder"],
  "vq-vae": ["encoder", "decoder", "prior"],
} as const satisfies Record<string, readonly TrainedNetwork[]>;

export type ModelName = keyof typeof networksOfModel;

/** The part of a run's configuration that decides its method, whatever the family. */
interface CommonConfig {
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
  /** 0 for no limit. */
  readonly clipNorm: number;
  readonly averageHalfLife: number;
}

/** The settings of one family. */
export type FamilyConfig =
  | { readonly model: "gan"; readonly gan: GanSettings }
  | { readonly model: "autoencoder"; readonly autoencoder: AutoencoderSettings }
  | { readonly model: "vae"; readonly vae: VaeSettings }
  | { readonly model: "vq-vae"; readonly vqVae: VqVaeSettings };

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
  const common = {
    architecture: architectures[config.architecture],
    format: formatOf(config),
    latent: config.latent,
    width: config.width,
    structure: config.network,
    batch: config.batch / config.microBatches,
    averageHalfLife: config.averageHalfLife,
  };
  switch (config.model) {
    case "gan": {
      const { discriminatorSteps } = config.gan;
      // Adam's beta1 = 0.5, as Radford et al. 2016 found it necessary for a GAN.
      const generator = updateOf(config, "generator", { beta1: 0.5, every: discriminatorSteps });
      return gan({
        ...common,
        ...config.gan,
        parts: config.microBatches,
        generator,
        discriminator: updateOf(config, "discriminator", { beta1: 0.5, share: lazyShare(config.gan) }),
        // It has no part in a lazy penalty: one update a step.
        redrawer: updateOf(config, "discriminator", { beta1: 0.5 }),
      });
    }
    case "autoencoder":
      return autoencoder({
        ...common,
        ...config.autoencoder,
        features: resources.features?.see,
        noiseImages: resources.corruption,
        encoder: updateOf(config, "encoder"),
        decoder: updateOf(config, "decoder"),
      });
    case "vae":
      return vae({
        ...common,
        ...config.vae,
        encoder: updateOf(config, "encoder"),
        decoder: updateOf(config, "decoder"),
      });
    case "vq-vae":
      return vqVae({
        ...common,
        ...config.vqVae,
        encoder: updateOf(config, "encoder"),
        decoder: updateOf(config, "decoder"),
        prior: updateOf(config, "prior"),
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
