import { type ArchitectureName, architectures, type ImageFormat } from "../models/index.ts";
import { gan } from "./gan.ts";
import type { Method } from "./method.ts";

/** The part of a run's configuration that decides its method. */
export interface MethodConfig {
  readonly model: "gan";
  readonly architecture: ArchitectureName;
  readonly size: number;
  readonly channels: 1 | 3;
  readonly latent: number;
  readonly width: number;
  readonly batch: number;
  readonly learningRate: { readonly generator: number; readonly discriminator: number };
  readonly averageHalfLife: number;
}

/** The images that a configuration asks for. */
export function formatOf({ size, channels }: Pick<MethodConfig, "size" | "channels">): ImageFormat {
  return { height: size, width: size, channels };
}

/** The training method that a configuration asks for. */
export function methodOf(config: MethodConfig): Method {
  const options = { ...config, architecture: architectures[config.architecture], format: formatOf(config) };
  switch (config.model) {
    case "gan":
      return gan(options);
  }
}
