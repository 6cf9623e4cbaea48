import { sidesOf } from "../data/index.ts";
import { architectures } from "../models/index.ts";
import type { Reasoned } from "./automatic.ts";
import type { Config } from "./config.ts";
import { positionsOf } from "./settings/vq-vae.ts";

// What is chosen for a model's networks, and how long they are trained, where nothing is said.

/** Training steps. */
export function usualSteps(model: Config["model"]): Reasoned<number> {
  return model === "feature-matching"
    ? [10_000, "the error begins to fall only after thousands of steps"]
    : [1800, "a first look; more steps give better pictures, see --resume"];
}

/** How many numbers a picture is made from. */
export function usualLatent({
  model,
  architecture,
  size,
}: Pick<Config, "model" | "architecture" | "size">): Reasoned<number> {
  if (model === "vq-vae") return [positionsOf(size), "one number for each code of a picture"];
  if (model === "autoencoder" || model === "vae") return [32, "small codes are easier to draw anew"];
  const { defaultLatent } = architectures[architecture];
  return defaultLatent === undefined
    ? [100, "the usual size (Radford et al. 2016)"]
    : [defaultLatent, `the usual size of ${architecture}`];
}

/** Sides of grey pictures up to which a classifier that learns against a generator has fully connected layers. */
const SMALL_SIDE = 32;

/** How the networks are built. */
export function usualArchitecture({
  model,
  size,
  channels,
}: Pick<Config, "model" | "size" | "channels">): Reasoned<Config["architecture"]> {
  if (model === "vq-vae") return ["dcgan", `not used: a ${model} has networks of its own`];
  const { width, height } = sidesOf(size);
  if (model === "feature-matching" && channels === 1 && Math.max(width, height) <= SMALL_SIDE) {
    return ["mlp", "the paper's networks for small grey pictures (Salimans et al. 2016)"];
  }
  return ["dcgan", "convolutions suit pictures of every kind"];
}

/** Of a classifier that learns against a generator, which makes many more steps than others: at most a quarter of the papers'. */
const WIDTHS_OF_FEATURE_MATCHING = { mlp: 64, dcgan: 16, resnet: 16, fastgan: 16 } as const;

/** Scales every layer. */
export function usualWidth({ model, architecture }: Pick<Config, "model" | "architecture">): Reasoned<number> {
  if (model === "feature-matching") {
    return [WIDTHS_OF_FEATURE_MATCHING[architecture], "narrow, so that its many steps take minutes, not hours"];
  }
  const { defaultWidth } = architectures[architecture];
  return [defaultWidth, model === "vq-vae" ? "channels of every layer" : `the usual width of ${architecture}`];
}
