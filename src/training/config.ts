import { z } from "zod";
import { crops, filters, fits, type Padding, sidesOf, sizeOf, sizePattern } from "../data/index.ts";
import { runningMetrics } from "../evaluation/index.ts";
import type { TrainedNetwork } from "../methods/index.ts";
import { activationNames, architectureNames, networkNormNames } from "../models/index.ts";
import { optimizerNames, scheduleShapes } from "../nn/index.ts";
import { deviceNames } from "../runtime/index.ts";
import { classifierSchema } from "./settings/classifier.ts";
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
  return { generator: of(), discriminator: of(), encoder: of(), decoder: of(), prior: of(), classifier: of() };
}

/** What decides a run whatever the family of its method. */
export const commonSchema = z.strictObject({
  /** A folder, an archive, an array file, or `sample:flowers`; or several of them as a list. */
  data: z.union([place, z.array(place).min(1)]),
  /** CSV file of labels, `file,label`; absent: those of the data alone. */
  labels: place.optional(),
  /** Labels of each class that are used; all others are hidden. Absent: all are used. */
  labelsPerClass: count.optional(),
  /** Classes that it learns, of which labels are there; 0: labels are not used. */
  classes: z.number().int().min(0),
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
  /** How classes are learned; there where `classes` is above 0. */
  classifier: classifierSchema.optional(),
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
  commonSchema.extend({ model: z.literal("feature-matching"), featureMatching: familySchemas.featureMatching }),
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
    classifier: classifierSchema.partial(),
    network: commonSchema.shape.network.partial(),
    optimizer: commonSchema.shape.optimizer.partial(),
    schedule: commonSchema.shape.schedule.partial(),
    evaluation: commonSchema.shape.evaluation.partial(),
    gan: familySchemas.gan.partial(),
    autoencoder: familySchemas.autoencoder.partial(),
    vae: familySchemas.vae.partial(),
    vqVae: familySchemas.vqVae.partial(),
    featureMatching: familySchemas.featureMatching.partial(),
  })
  .partial();

export type PartialConfig = z.infer<typeof partialConfigSchema>;
