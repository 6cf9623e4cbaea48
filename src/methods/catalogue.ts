import { type PictureSize, sidesOf } from "../data/index.ts";
import { type ArchitectureName, architectures, type DiscriminatorNorm, type ImageFormat } from "../models/index.ts";
import { type OptimizerChoice, optimizerOf, type ScheduleOptions, scheduleOf } from "../nn/index.ts";
import { gan } from "./gan.ts";
import type { Method, Update } from "./method.ts";

/** The part of a run's configuration that decides its method. */
export interface MethodConfig {
  readonly model: "gan";
  readonly architecture: ArchitectureName;
  readonly size: PictureSize;
  readonly channels: 1 | 3;
  readonly latent: number;
  readonly width: number;
  readonly batch: number;
  readonly microBatches: number;
  readonly steps: number;
  readonly discriminatorNorm: DiscriminatorNorm;
  readonly updates: "alternating" | "one-stage";
  readonly optimizer: OptimizerChoice;
  readonly learningRate: { readonly generator: number; readonly discriminator: number };
  readonly schedule: ScheduleOptions;
  /** 0 for no limit. */
  readonly clipNorm: number;
  readonly averageHalfLife: number;
}

/** The images that a configuration asks for. */
export function formatOf({ size, channels }: Pick<MethodConfig, "size" | "channels">): ImageFormat {
  return { ...sidesOf(size), channels };
}

/** The training method that a configuration asks for, for batches of `batch / microBatches` images. */
export function methodOf(config: MethodConfig): Method {
  const { learningRate, batch, microBatches } = config;
  switch (config.model) {
    case "gan":
      return gan({
        ...config,
        batch: batch / microBatches,
        architecture: architectures[config.architecture],
        format: formatOf(config),
        generator: updateOf(config, learningRate.generator),
        discriminator: updateOf(config, learningRate.discriminator),
      });
  }
}

/** Adam has beta1 = 0.5, as Radford et al. 2016 found it necessary for a GAN. */
function updateOf({ optimizer, schedule, steps, clipNorm }: MethodConfig, learningRate: number): Update {
  const options = { learningRate, schedule: scheduleOf(schedule, steps), beta1: 0.5, beta2: 0.999 };
  return { optimizer: optimizerOf(optimizer, options), clipNorm: clipNorm === 0 ? undefined : clipNorm };
}
