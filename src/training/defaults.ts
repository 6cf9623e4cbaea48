import { type ImageSource, suggestFormat, trainingCount } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { architectures } from "../models/index.ts";
import type { Config, PartialConfig } from "./config.ts";

/** A full configuration, and why each value that the user did not give was chosen. */
export interface Plan {
  readonly config: Config;
  readonly reasons: Readonly<Record<string, string>>;
}

/**
 * Fills in every default from the data.
 * @throws AtelierError (usage) when the architecture cannot make pictures of this size or the batch exceeds the data.
 */
export async function planTraining(given: PartialConfig, source: ImageSource): Promise<Plan> {
  const reasons: Record<string, string> = {};
  const choose = <T>(key: string, value: T | undefined, fallback: T, reason: string): T => {
    if (value !== undefined) return value;
    reasons[key] = reason;
    return fallback;
  };
  const suggested = given.size === undefined || given.channels === undefined ? await suggestFormat(source) : undefined;
  const heldOut = choose(
    "heldOut",
    given.heldOut,
    0.1,
    "a seeded tenth is kept for evaluation unless the data has its own test images",
  );
  const seed = choose("seed", given.seed, 0, "the same seed gives the same result");
  const images = trainingCount(source, seed, heldOut);
  if (images < 2) throw tooFewImages(source.location, images);

  const architecture = choose("architecture", given.architecture, "dcgan", "convolutions suit pictures of every kind");
  const { defaultWidth } = architectures[architecture];
  const size = choose("size", given.size, suggested?.format.height ?? 32, suggested?.reasons.size ?? "");
  const steps = choose("steps", given.steps, 1800, "a first look; more steps give better pictures, see --resume");
  const batch = choose("batch", given.batch, fittingBatch(images), "the usual 64, at most half the images");
  const milestone = Math.min(500, Math.max(10, Math.round(steps / 15)));
  const config: Config = {
    data: source.location,
    model: choose("model", given.model, "gan", "the one family there is so far"),
    architecture,
    size,
    channels: choose("channels", given.channels, suggested?.format.channels ?? 3, suggested?.reasons.channels ?? ""),
    latent: choose("latent", given.latent, 100, "the usual size (Radford et al. 2016)"),
    width: choose("width", given.width, defaultWidth, `the usual width of ${architecture}`),
    batch,
    steps,
    seed,
    device: choose("device", given.device, "cpu", "works everywhere"),
    learningRate: {
      generator: choose(
        "learningRate.generator",
        given.learningRate?.generator,
        2e-4,
        "the usual rate (Radford et al. 2016)",
      ),
      discriminator: choose(
        "learningRate.discriminator",
        given.learningRate?.discriminator,
        2e-4,
        "the usual rate (Radford et al. 2016)",
      ),
    },
    averageHalfLife: choose(
      "averageHalfLife",
      given.averageHalfLife,
      usualHalfLife(batch),
      "10,000 images a 32 of batch (Karras et al. 2020)",
    ),
    heldOut,
    logEvery: choose("logEvery", given.logEvery, 10, "often enough for a smooth curve"),
    sampleEvery: choose("sampleEvery", given.sampleEvery, milestone, "about 15 pictures a run"),
    checkpointEvery: choose(
      "checkpointEvery",
      given.checkpointEvery,
      milestone,
      "little is lost when the machine stops",
    ),
  };
  assertFits(config, images);
  return { config, reasons };
}

function assertFits(config: Config, images: number): void {
  const { size, channels, batch, architecture } = config;
  const refusal = architectures[architecture].refusal({ height: size, width: size, channels });
  if (refusal !== undefined) {
    throw new AtelierError({
      kind: "usage",
      where: "--size",
      expected: `${refusal.expected} for the ${architecture} architecture`,
      received: String(size),
      help: `use --size ${refusal.nearest}`,
    });
  }
  if (batch > images) throw batchTooLarge(batch, images);
}

/** The usual batch of 64, or half the images where there are fewer than 128. */
function fittingBatch(images: number): number {
  return Math.max(2, Math.min(64, Math.floor(images / 2)));
}

/** Half-life of the weight average, in images: 10,000 for each 32 of batch (Karras et al. 2020). */
function usualHalfLife(batch: number): number {
  return (10_000 * batch) / 32;
}

function tooFewImages(location: string, images: number): AtelierError {
  return new AtelierError({
    kind: "data",
    where: location,
    expected: "at least 2 images to learn from",
    received: String(images),
    help: "add pictures: some hundreds are a good beginning; `atelier data` shows what is found in a folder",
  });
}

/**
 * The plan, once it is known how many images can be read: a batch that was chosen for the user shrinks with them, and so
 * does what was chosen from the batch.
 * @throws AtelierError when they are too few to learn from, or for the batch that the user asked for.
 */
export function fitToData(plan: Plan, readable: number, broken: number): Plan {
  const { config, reasons } = plan;
  if (readable < 2) throw tooFewImages(config.data, readable);
  if (config.batch <= readable) return plan;
  if (reasons["batch"] === undefined) throw batchTooLarge(config.batch, readable, broken);
  const reason = `half the ${readable} images that can be read`;
  const batch = fittingBatch(readable);
  const averageHalfLife = reasons["averageHalfLife"] === undefined ? config.averageHalfLife : usualHalfLife(batch);
  return { config: { ...config, batch, averageHalfLife }, reasons: { ...reasons, batch: reason } };
}

/** The error for a batch that the data cannot fill with different images. */
function batchTooLarge(batch: number, images: number, broken = 0): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: "--batch",
    expected: `at most the number of training images, ${images}${broken === 0 ? "" : ` (${broken} more are broken)`}`,
    received: String(batch),
    help: `use --batch ${fittingBatch(images)}`,
  });
}
