import { z } from "zod";
import { crops, filters, fits, type Padding, sidesOf, sizeOf, sizePattern } from "../data/index.ts";
import { runningMetrics } from "../evaluation/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { nearestName } from "../foundation/spelling.ts";
import { architectureNames, discriminatorNormNames } from "../models/index.ts";
import { optimizerNames, scheduleShapes } from "../nn/index.ts";
import { deviceNames } from "../runtime/index.ts";

const positive = z.number().positive();
const count = z.number().int().positive();
const notNegative = z.number().min(0);
const paddingPattern = /^(edge|reflect|#[0-9a-f]{6})$/i;
const place = z.string().min(1);

/** More than any machine uses: the engine starts every one, and the system does not end it while it tries. */
const MOST_THREADS = 1024;

/** Images of either side below which a score says nothing. */
export const FEWEST_IMAGES = 50;

/** Everything that decides a run. Unknown keys are errors. */
export const configSchema = z.strictObject({
  /** A folder, an archive, an array file, or `sample:flowers`; or several of them as a list. */
  data: z.union([place, z.array(place).min(1)]),
  /** CSV file of labels, `file,label`; absent: those of the data alone. */
  labels: place.optional(),
  /** Labels of each class that are used; all others are hidden. Absent: all are used. */
  labelsPerClass: count.optional(),
  /** Family of training methods. */
  model: z.enum(["gan"]),
  architecture: z.enum(architectureNames),
  /** Sides of the pictures in pixels: 64, or 64x96 for 64 wide and 96 high. */
  size: z.union([count, z.string().regex(sizePattern)]).transform((size) => sizeOf(sidesOf(size))),
  /** 1 grey, 3 colour. */
  channels: z.union([z.literal(1), z.literal(3)]),
  /** How images of another shape are brought to the size. `crop` is there where it is `cover`, `pad` where it is `contain`. */
  fit: z.enum(fits),
  crop: z.enum(crops).optional(),
  pad: z.custom<Padding>((pad) => typeof pad === "string" && paddingPattern.test(pad)).optional(),
  /** Resampling filter. */
  filter: z.enum(filters),
  /** Whether training sees each image mirrored, left to right, with probability 1/2. */
  mirror: z.boolean(),
  /** Size of the random vector that a picture is made from. */
  latent: count,
  /** Channels of the layer nearest the picture (mlp: units of the smallest layer); the others are multiples. */
  width: count,
  /** Training images a step. */
  batch: z.number().int().min(2),
  steps: count,
  /** Decides everything random. */
  seed: z.number().int().min(0),
  device: z.enum(deviceNames),
  /** Threads that one operator may use; as many as there are cores where it is absent. Does not change the result. */
  threads: count.max(MOST_THREADS).optional(),
  /** How the form of each convolution is chosen: by rules, or by timing equivalent forms on this machine. */
  tuning: z.enum(["rules", "timed"]),
  /** Step size of the optimiser, for each network. */
  learningRate: z.strictObject({ generator: positive, discriminator: positive }),
  /** How both networks' parameters are moved. `momentum` and `weightDecay` are there where the named one uses them. */
  optimizer: z.strictObject({
    name: z.enum(optimizerNames),
    momentum: z.number().min(0).lt(1).optional(),
    weightDecay: notNegative.optional(),
  }),
  /** What the learning rates are multiplied by, step by step. `factor` and `every` are there where the shape is `step`. */
  schedule: z.strictObject({
    shape: z.enum(scheduleShapes),
    /** Steps in which the rate grows to its full size. */
    warmup: z.number().int().min(0),
    factor: positive.max(1).optional(),
    every: count.optional(),
  }),
  /** Largest norm of the gradients of one network, all together; 0 for no limit. */
  clipNorm: notNegative,
  /** Parts that a batch is worked through in, one after the other, to save memory. */
  microBatches: count,
  /** What the discriminator's layers are normalised by. */
  discriminatorNorm: z.enum(discriminatorNormNames),
  /** Whether the generator answers the discriminator that has just been updated, or both move at once. */
  updates: z.enum(["alternating", "one-stage"]),
  /** Half-life of the generator's weight average, in training images. */
  averageHalfLife: positive,
  /** Share of the images kept for evaluation, where the data does not say which. */
  heldOut: z.number().min(0).lt(1),
  /** Steps between lines in events.jsonl, grids of samples, and checkpoints. */
  logEvery: count,
  sampleEvery: count,
  checkpointEvery: count,
  /** How the generator is scored while it learns. */
  evaluation: z.strictObject({
    /** Steps between evaluations; 0 for none. */
    every: z.number().int().min(0),
    /** Generated pictures that are looked at, and real ones at most. */
    images: z.number().int().min(FEWEST_IMAGES),
    /** Scores that are computed. */
    metrics: z
      .array(z.enum(runningMetrics))
      .min(1)
      .refine((metrics) => new Set(metrics).size === metrics.length, "every score once"),
    /** The one of them that decides which checkpoint is the best. */
    best: z.enum(runningMetrics),
    /** A pretrained network, .onnx, whose features are compared. Absent: the embedded random embedding. */
    features: place.optional(),
  }),
});

export type Config = z.infer<typeof configSchema>;

/** What a user may give: any of it, and `auto` for the fastest device that works. */
export const partialConfigSchema = configSchema
  .extend({
    device: z.enum([...deviceNames, "auto"]),
    learningRate: configSchema.shape.learningRate.partial(),
    optimizer: configSchema.shape.optimizer.partial(),
    schedule: configSchema.shape.schedule.partial(),
    evaluation: configSchema.shape.evaluation.partial(),
  })
  .partial();

export type PartialConfig = z.infer<typeof partialConfigSchema>;

/** Several partial configurations as one; later ones win. */
export function mergeConfigs(layers: readonly PartialConfig[]): PartialConfig {
  return layers.reduce((merged, layer) => ({
    ...merged,
    ...layer,
    ...(layer.learningRate && { learningRate: { ...merged.learningRate, ...layer.learningRate } }),
    ...(layer.optimizer && { optimizer: { ...merged.optimizer, ...layer.optimizer } }),
    ...(layer.schedule && { schedule: { ...merged.schedule, ...layer.schedule } }),
    ...(layer.evaluation && { evaluation: { ...merged.evaluation, ...layer.evaluation } }),
  }));
}

const MANUAL = "see `npx atelier train --help`, and docs/configuration.md for every key, its range and its default";

/**
 * Checks a configuration.
 * @param whereOf names the place of a key (such as `steps`, or nothing for the whole) in what the user wrote.
 * @param help what to do about a value that is wrong or missing. Default: where all of them are described.
 * @throws AtelierError (usage) that names the first wrong key and, for an unknown one, the nearest that exists.
 */
export function parseConfig<T>(
  schema: z.ZodType<T>,
  value: unknown,
  whereOf: (path: string) => string,
  help = MANUAL,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") ?? "";
  if (issue?.code === "unrecognized_keys") {
    const key = [...issue.path, issue.keys[0] ?? ""].join(".");
    const sections = configKeys().flatMap((known) => (known.includes(".") ? (known.split(".")[0] ?? []) : []));
    const nearest = nearestName(key, [...configKeys(), ...sections]);
    throw new AtelierError({
      kind: "usage",
      where: whereOf(issue.path.join(".")),
      expected: "a known configuration key",
      received: `"${key}"`,
      help: nearest === undefined ? `the keys are ${configKeys().join(", ")}` : `did you mean "${nearest}"?`,
    });
  }
  const received = path === "" ? value : valueAt(value, issue?.path ?? []);
  const meant = issue?.code === "invalid_value" ? nearestName(String(received), issue.values.map(String)) : undefined;
  throw new AtelierError({
    kind: "usage",
    where: whereOf(path),
    expected: expectation(issue),
    received: JSON.stringify(received) ?? "nothing",
    help: meant === undefined ? help : `did you mean ${meant}?`,
  });
}

/** The values of an object by their paths: `learningRate.generator`. */
export function leaves(object: object): readonly (readonly [string, unknown])[] {
  return Object.entries(object).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? leaves(value).map(([inner, leaf]) => [`${key}.${inner}`, leaf] as const)
      : [[key, value] as const],
  );
}

/** Every key of the configuration, nested ones as `learningRate.generator`. */
export function configKeys(): readonly string[] {
  return Object.entries(configSchema.shape).flatMap(([key, schema]) =>
    schema instanceof z.ZodObject ? Object.keys(schema.shape).map((inner) => `${key}.${inner}`) : [key],
  );
}

/** The keys below a key, such as `learningRate.generator or learningRate.discriminator`; undefined where there are none. */
function innerKeys(key: PropertyKey | undefined): string | undefined {
  const inner = configKeys().filter((path) => path.startsWith(`${String(key)}.`));
  return inner.length === 0 ? undefined : inner.join(" or ");
}

/** What the keys expect that take values of several types. */
const severalTypes: Readonly<Record<string, string>> = {
  data: "a path or a list of paths",
  size: "pixels, such as 64, or 64x96 for 64 wide and 96 high",
  channels: "1 or 3",
  pad: "edge, reflect or a colour such as #ffffff",
};

function expectation(issue: z.core.$ZodIssue | undefined): string {
  const several = severalTypes[String(issue?.path[0])];
  if (several !== undefined) return several;
  switch (issue?.code) {
    case "invalid_type":
      if (issue.expected === "int") return "a whole number";
      if (issue.expected === "array") return "a list";
      if (issue.expected === "object") return innerKeys(issue.path.at(-1)) ?? "an object";
      return `a ${issue.expected}`;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      if (issue.origin === "string") return "some text";
      return `a number ${issue.inclusive === true ? "of at least" : "above"} ${issue.minimum}`;
    case "too_big":
      return `a number ${issue.inclusive === true ? "of at most" : "below"} ${issue.maximum}`;
    default:
      return issue?.message ?? "a valid configuration";
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== "object" || inner === null) return undefined;
    return Object.entries(inner).find(([name]) => name === String(key))?.[1];
  }, value);
}
