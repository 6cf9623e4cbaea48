import { z } from "zod";
import { crops, filters, fits, type Padding, sidesOf, sizeOf, sizePattern } from "../data/index.ts";
import { runningMetrics } from "../evaluation/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { nearestName } from "../foundation/spelling.ts";
import type { TrainedNetwork } from "../methods/index.ts";
import { activationNames, architectureNames, networkNormNames } from "../models/index.ts";
import { optimizerNames, scheduleShapes } from "../nn/index.ts";
import { deviceNames } from "../runtime/index.ts";
import { familySchemas, modelNames } from "./settings/families.ts";

const positive = z.number().positive();
const count = z.number().int().positive();
const notNegative = z.number().min(0);
const paddingPattern = /^(edge|reflect|#[0-9a-f]{6})$/i;
const place = z.string().min(1);

/** More than any machine uses: the engine starts every one, and the system does not end it while it tries. */
const MOST_THREADS = 1024;

/** Images of either side below which a score says nothing. */
export const FEWEST_IMAGES = 50;

const scheduleSchema = z.strictObject({
  shape: z.enum(scheduleShapes),
  /** Steps in which the rate grows to its full size. */
  warmup: z.number().int().min(0),
  /** `factor` and `every` are there where the shape is `step`. */
  factor: positive.max(1).optional(),
  every: count.optional(),
});

/** What differs for one network. */
const ownScheduleSchema = z.strictObject({
  shape: scheduleSchema.shape.shape.exactOptional(),
  warmup: scheduleSchema.shape.warmup.exactOptional(),
  factor: scheduleSchema.shape.factor,
  every: scheduleSchema.shape.every,
});

/** A value for any of the networks. */
function forNetworks<T extends z.ZodType>(schema: T): Record<TrainedNetwork, z.ZodOptional<T>> {
  const of = () => schema.optional();
  return { generator: of(), discriminator: of(), encoder: of(), decoder: of(), prior: of() };
}

/** What decides a run whatever the family of its method. */
export const commonSchema = z.strictObject({
  /** A folder, an archive, an array file, or `sample:flowers`; or several of them as a list. */
  data: z.union([place, z.array(place).min(1)]),
  /** CSV file of labels, `file,label`; absent: those of the data alone. */
  labels: place.optional(),
  /** Labels of each class that are used; all others are hidden. Absent: all are used. */
  labelsPerClass: count.optional(),
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
  /** How the layers are built. What an architecture allows, `structure` of its entry in src/models says. */
  network: z.strictObject({
    /** Side of the kernels that change the size of maps. */
    kernel: count,
    /** Hidden layers of mlp; of others, layers or blocks at each size of map. */
    depth: z.number().int().min(0),
    /** Between the layers of the network that makes pictures. */
    activation: z.enum(activationNames),
    /** What the network that makes pictures is normalised by, and an encoder. */
    norm: z.enum(networkNormNames),
  }),
  /** A pretrained network, .onnx, that training learns from. */
  features: place.optional(),
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
  learningRate: z.strictObject(forNetworks(positive)),
  /** How both networks' parameters are moved. `momentum` and `weightDecay` are there where the named one uses them. */
  optimizer: z.strictObject({
    name: z.enum(optimizerNames),
    momentum: z.number().min(0).lt(1).optional(),
    weightDecay: notNegative.optional(),
  }),
  /** What the learning rates are multiplied by, step by step; and what differs for one network. */
  schedule: scheduleSchema.extend(forNetworks(ownScheduleSchema)),
  /** Largest norm of the gradients of one network, all together; 0 for no limit. */
  clipNorm: notNegative,
  /** Parts that a batch is worked through in, one after the other, to save memory. */
  microBatches: count,
  /** Half-life of the weight averages that pictures are made with, in training images. */
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
    /** Evaluations in a row without a new best score after which the run ends; 0: it never ends early. */
    patience: z.number().int().min(0),
    /** A pretrained network, .onnx, whose features are compared. Absent: the embedded random embedding. */
    features: place.optional(),
  }),
});

/** Everything that decides a run. Unknown keys are errors. */
export const configSchema = z.discriminatedUnion("model", [
  commonSchema.extend({ model: z.literal("gan"), gan: familySchemas.gan }),
  commonSchema.extend({ model: z.literal("autoencoder"), autoencoder: familySchemas.autoencoder }),
  commonSchema.extend({ model: z.literal("vae"), vae: familySchemas.vae }),
  commonSchema.extend({ model: z.literal("vq-vae"), vqVae: familySchemas.vqVae }),
]);

export type Config = z.infer<typeof configSchema>;

type Without<T, Key extends string> = T extends unknown ? Omit<T, Key> : never;

/** A configuration before it is decided how the generator is scored. */
export type UnscoredConfig = Without<Config, "evaluation">;

/** What a user may give: any of it, and `auto` for the fastest device that works. */
export const partialConfigSchema = commonSchema
  .extend({
    model: z.enum(modelNames),
    device: z.enum([...deviceNames, "auto"]),
    network: commonSchema.shape.network.partial(),
    optimizer: commonSchema.shape.optimizer.partial(),
    schedule: commonSchema.shape.schedule.partial(),
    evaluation: commonSchema.shape.evaluation.partial(),
    gan: familySchemas.gan.partial(),
    autoencoder: familySchemas.autoencoder.partial(),
    vae: familySchemas.vae.partial(),
    vqVae: familySchemas.vqVae.partial(),
  })
  .partial();

export type PartialConfig = z.infer<typeof partialConfigSchema>;

/** Several partial configurations as one; later ones win. */
export function mergeConfigs(layers: readonly PartialConfig[]): PartialConfig {
  return parseConfig(partialConfigSchema, layers.reduce<Tree>(merged, {}), (key) => key);
}

type Tree = { readonly [key: string]: unknown };

/** Sections key by key; of everything else the later one. */
function merged(earlier: Tree, later: Tree): Tree {
  const entries = Object.entries(later).map(([key, value]) => {
    const before = earlier[key];
    return [key, isTree(before) && isTree(value) ? merged(before, value) : value] as const;
  });
  return { ...earlier, ...Object.fromEntries(entries) };
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
    // Whoever leaves the section out means the key of that name: `loss` for `gan.loss`.
    const inSection = configKeys().filter((known) => known.endsWith(`.${key}`));
    const nearest = inSection.length === 0 ? nearestName(key, [...configKeys(), ...sections]) : inSection.join(" or ");
    throw new AtelierError({
      kind: "usage",
      where: whereOf(issue.path.join(".")),
      expected: "a known configuration key",
      received: `"${key}"`,
      help: nearest === undefined ? MANUAL : `did you mean ${inSection.length > 1 ? nearest : `"${nearest}"`}?`,
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
  return keysOf(partialConfigSchema);
}

function keysOf(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodOptional) return keysOf(schema.unwrap());
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([key, value]) => {
    const inner = keysOf(value);
    return inner.length === 0 ? [key] : inner.map((name) => `${key}.${name}`);
  });
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
