import {
  type FormatSuggestion,
  type ImageSource,
  locationText,
  sizeOf,
  suggestFormat,
  type TrainingLabels,
  trainingLabels,
} from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { chooseDevice, type DeviceChoice } from "../runtime/index.ts";
import { automaticChoices, type Reasoned } from "./automatic.ts";
import { chosenClasses } from "./chosen-classes.ts";
import type { Config, PartialConfig, UnscoredConfig } from "./config.ts";
import { chosenDevice, chosenNetwork, chosenOptimizer, chosenRates, chosenSchedule } from "./engine-defaults.ts";
import { chosenEvaluation } from "./evaluation-defaults.ts";
import { chosenFitting } from "./preparation.ts";
import { assertDivides, assertFits, assertTogether, batchTooLarge, fittingBatch, tooFewImages } from "./rules.ts";
import type { Choose } from "./settings/choose.ts";
import { chosenClassification, quarterOf } from "./settings/classifier.ts";
import { chosenFamily } from "./settings/families.ts";
import { usualArchitecture, usualLatent, usualSteps, usualWidth } from "./usual-networks.ts";

/** A full configuration, and why each value that the user did not give was chosen. */
export interface Plan {
  readonly config: Config;
  readonly reasons: Readonly<Record<string, string>>;
}

/** Where nothing was measured and nothing is given. */
const usualSides = { width: 32, height: 32 };

/** What the defaults are chosen from, besides what was given. */
export interface Ground {
  readonly source: ImageSource;
  /** Measured where size or channels are not given. */
  readonly suggested?: FormatSuggestion | undefined;
  /** Looked up where the device is to be the fastest. */
  readonly fastest?: DeviceChoice | undefined;
}

/** Values that are chosen elsewhere, with the reasons: where a time is given, the steps that fit into it. */
export interface Budgeted {
  readonly steps?: Reasoned<number>;
  readonly width?: Reasoned<number>;
}

/** Looks at the data and the machine. */
export async function groundOf(given: PartialConfig, source: ImageSource): Promise<Ground> {
  const isMeasured = given.size === undefined || given.channels === undefined;
  const suggested = isMeasured ? await suggestFormat(source) : undefined;
  return { source, suggested, fastest: given.device === "auto" ? await chooseDevice() : undefined };
}

/** Fills in every default from the data. See {@link decide}. */
export async function planTraining(given: PartialConfig, source: ImageSource): Promise<Plan> {
  return decide(given, await groundOf(given, source));
}

/**
 * Fills in every default.
 * @throws AtelierError (usage) when keys do not go together, the architecture cannot make pictures of this size or the
 * batch exceeds the data.
 */
export function decide(given: PartialConfig, { source, suggested, fastest }: Ground, budgeted: Budgeted = {}): Plan {
  const reasons: Record<string, string> = {};
  const choose: Choose = (key, value, fallback, reason) => {
    if (value !== undefined) return value;
    reasons[key] = reason;
    return fallback;
  };
  const heldOut = choose(
    "heldOut",
    given.heldOut,
    0.1,
    "a seeded tenth is kept for evaluation unless the data has its own test images",
  );
  const seed = choose("seed", given.seed, 0, "the same seed gives the same result");
  const labels = trainingLabels(source, { seed, heldOut, labelsPerClass: given.labelsPerClass });
  const { images } = labels;
  if (images < 2) throw tooFewImages(source, images);

  const model = choose("model", given.model, "gan", whyGan(given, labels));
  const where = given.labels ?? locationText(source);
  const classes = chosenClasses(given.classes, { model, labels, where }, choose);
  const size = choose("size", given.size, sizeOf(suggested?.format ?? usualSides), suggested?.reasons.size ?? "");
  const channels = choose(
    "channels",
    given.channels,
    suggested?.format.channels ?? 3,
    suggested?.reasons.channels ?? "",
  );
  const architecture = choose("architecture", given.architecture, ...usualArchitecture({ model, size, channels }));
  const steps = choose("steps", given.steps, ...(budgeted.steps ?? usualSteps(model)));
  const microBatches = choose("microBatches", given.microBatches, 1, "the whole batch at once is fastest");
  const automatic = automaticChoices({ model, images, size, microBatches, steps });
  const batch = choose("batch", given.batch, ...automatic.batch);
  const milestone = Math.min(500, Math.max(10, Math.round(steps / 15)));
  const optimizer = chosenOptimizer(given.optimizer, choose);
  const family = chosenFamily(given, model, { architecture, steps, channels, automatic, classes }, choose);
  const training: UnscoredConfig = {
    ...family,
    data: typeof source.location === "string" ? source.location : [...source.location],
    ...(given.labels !== undefined && { labels: given.labels }),
    ...(given.labelsPerClass !== undefined && { labelsPerClass: given.labelsPerClass }),
    classes,
    architecture,
    size,
    channels,
    ...chosenFitting(given, choose),
    latent: choose("latent", given.latent, ...usualLatent({ model, architecture, size })),
    width: choose("width", given.width, ...(budgeted.width ?? usualWidth({ model, architecture }))),
    network: chosenNetwork(given.network, architecture, choose),
    ...chosenClassification(
      given.classifier,
      { classes, model, channels, batch, microBatches, images, labelled: labels.labelled },
      choose,
    ),
    ...(given.features !== undefined && { features: given.features }),
    batch,
    microBatches,
    steps,
    seed,
    device: chosenDevice(given.device, fastest, choose),
    ...(given.threads !== undefined && { threads: given.threads }),
    tuning: choose("tuning", given.tuning, "rules", "begins at once, and chooses the same on every machine"),
    optimizer,
    learningRate: chosenRates(given.learningRate, { model, classes, optimizer: optimizer.name }, choose),
    schedule: chosenSchedule(given.schedule, { model, classes, steps }, choose),
    clipNorm: choose("clipNorm", given.clipNorm, 0, "no limit"),
    averageHalfLife: choose("averageHalfLife", given.averageHalfLife, ...automatic.averageHalfLife(batch)),
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
  assertFits(training, images);
  const config: Config = {
    ...training,
    evaluation: chosenEvaluation(given.evaluation, training, images, choose, labels.heldOut),
  };
  assertTogether(config);
  return { config, reasons };
}

function whyGan({ classes }: PartialConfig, labels: TrainingLabels): string {
  return labels.classes.length < 2 || classes === 0
    ? "the sharpest pictures; see docs/methods for the others"
    : "the sharpest pictures, also of a class; docs/labels.md has the others that learn from labels";
}

/** What can be read of the training images. */
export interface ReadableData {
  readonly images: number;
  /** Classes of which there are labelled images. */
  readonly classes: number;
  /** Images that cannot be read. */
  readonly broken: number;
}

/**
 * The plan, once it is known which images can be read: a batch that was chosen for the user shrinks with them, and so does
 * what was chosen from the batch; classes whose labelled images are all broken are not learned.
 * @throws AtelierError when they are too few to learn from, or for the batch that the user asked for.
 */
export function fitToData(given: Plan, { images: readable, classes, broken }: ReadableData): Plan {
  const plan = fitClasses(given, classes);
  const { config, reasons } = plan;
  if (readable < 2) throw tooFewImages({ location: config.data }, readable);
  if (config.batch <= readable) return plan;
  const { microBatches } = config;
  if (reasons["batch"] === undefined) throw batchTooLarge(config, readable, broken);
  const reason = `half the ${readable} images that can be read`;
  const batch = fittingBatch(readable, microBatches);
  assertDivides(microBatches, batch);
  // In proportion to the batch, whichever rule it was chosen by.
  const rescaled = (config.averageHalfLife * batch) / config.batch;
  const averageHalfLife = reasons["averageHalfLife"] === undefined ? config.averageHalfLife : rescaled;
  const fitted = { ...config, batch, averageHalfLife, ...fitClassifier(plan, batch) };
  return { config: fitted, reasons: { ...reasons, batch: reason } };
}

/** The labelled images of a step in the same proportion to the others, where they were chosen. */
function fitClassifier({ config, reasons }: Plan, batch: number): Pick<Config, "classifier"> {
  const { classifier, microBatches } = config;
  if (classifier === undefined || reasons["classifier.batch"] === undefined) return {};
  const isWhole = classifier.batch === config.batch;
  return { classifier: { ...classifier, batch: isWhole ? batch : quarterOf(batch, microBatches) } };
}

function fitClasses({ config, reasons }: Plan, classes: number): Plan {
  if (config.classes === 0 || config.classes === classes) return { config, reasons };
  if (classes < 2) throw tooFewClasses(config, classes);
  const reason = `those with labelled training images that can be read; ${config.classes} if all images could`;
  return { config: { ...config, classes }, reasons: { ...reasons, classes: reason } };
}

function tooFewClasses({ data, classes: wanted }: Config, classes: number): AtelierError {
  return new AtelierError({
    kind: "data",
    where: locationText({ location: data }),
    expected: "labelled images of two classes or more that can be read",
    received: `${classes} of the ${wanted} classes: the labelled images of the others are broken`,
    help: "mend them (`atelier data` names them), or add --set classes=0 to train without labels",
  });
}
