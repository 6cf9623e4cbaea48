import { z } from "zod";
import { metricNames } from "./metric-names.ts";

const share = z.number().min(0).max(1);
const count = z.number().int().min(0);
const format = z.strictObject({ height: count, width: count, channels: z.union([z.literal(1), z.literal(3)]) });

/** A score, and everything that must be equal where two of them are compared. */
export const scoreSchema = z.strictObject({
  metric: z.enum(metricNames),
  /** Number of the extractor in the card's list; absent where pixels are compared, or no features are used. */
  extractor: count.optional(),
  /** Which real images: those held out from training, those trained on, or all there are. Absent: none. */
  reference: z.enum(["heldOut", "train", "all"]).optional(),
  /** The class, where only its images are compared. */
  className: z.string().optional(),
  value: z.number(),
  /** Where the value would be in 95 of 100 repetitions with other images. */
  interval: z.strictObject({ low: z.number(), high: z.number(), method: z.string() }).optional(),
  /** Standard deviation, and over what: `100 subsets of 1,000`. */
  spread: z.strictObject({ deviation: z.number(), over: z.string() }).optional(),
  /** Images that went into it. */
  real: count,
  generated: count,
  /** The same score of as many real training images in place of generated ones: what a perfect generator would get. */
  ruler: z.number().optional(),
  /** Why it must not be compared or quoted, in words; empty: nothing known against it. */
  unsafe: z.array(z.string()),
  /** Why it is coarse, in words: good enough to compare runs on the same images, by equal counts, and not more. */
  rough: z.array(z.string()),
});
export type Score = z.infer<typeof scoreSchema>;

/** A score that was asked for and not computed, because it would be wrong. */
export const refusalSchema = z.strictObject({
  metric: z.enum(metricNames),
  reason: z.string(),
  /** What to do about it, one sentence without a full stop. */
  help: z.string(),
});
export type Refusal = z.infer<typeof refusalSchema>;

export const extractorSchema = z.strictObject({
  kind: z.enum(["random", "classifier", "network"]),
  name: z.string(),
  sha256: z.string(),
  layer: z.string(),
  features: count,
  input: format,
  resize: z.string(),
  pixels: z.string(),
  trainedOn: z.string().optional(),
});

/** A generated image that is suspiciously near to a training image. */
const suspectSchema = z.strictObject({
  /** Number of the generated image. */
  generated: count,
  /** What it is called, where it has a name. */
  name: z.string().optional(),
  /** What the training image is called. */
  training: z.string(),
  mirrored: z.boolean(),
  space: z.enum(["features", "pixels"]),
  /** Its distance, over the distance between the training image and its third nearest other one. */
  ratio: z.number(),
});
export type Suspect = z.infer<typeof suspectSchema>;

/** Whether the generator returns its training images. */
export const copyingSchema = z.strictObject({
  alarm: z.boolean(),
  /** What was found, in one or two sentences for a user. */
  finding: z.string(),
  /** Share of images whose ratio is below the threshold, in either space; and the same of held-out images. */
  copies: share,
  heldOutCopies: share.optional(),
  threshold: z.number(),
  /** Images that were looked at. */
  generated: count,
  training: count,
  heldOut: count,
  /** The nearest first, at most 16. */
  suspects: z.array(suspectSchema),
});
export type Copying = z.infer<typeof copyingSchema>;

/** How the judging classifier does on real images that it has not seen. */
export const confusionSchema = z.strictObject({
  classNames: z.array(z.string()),
  /** [true class][predicted class] */
  counts: z.array(z.array(count)),
  images: count,
  /** Labels of training images that it has learned from; cards of earlier versions do not say. */
  labels: count.optional(),
  /** Those of them that were hidden from the run that is scored. Absent: none. */
  hiddenLabels: count.optional(),
});
export type Confusion = z.infer<typeof confusionSchema>;

/** Scores with their protocol: how everything was measured. */
export const scoreCardSchema = z.strictObject({
  card: z.literal(1),
  /** Version of Atelier. */
  atelier: z.string(),
  /** ISO 8601. */
  time: z.string(),
  subject: z.strictObject({
    kind: z.enum(["run", "generator", "images"]),
    place: z.string(),
    /** Of the generator's file, or of the images. */
    sha256: z.string(),
    /** Training steps behind it. */
    step: count.optional(),
    /** Which weights: a run's generator has the averaged ones. */
    weights: z.literal("average").optional(),
    images: count,
  }),
  reference: z.strictObject({
    place: z.string(),
    /** Hash of the images. */
    content: z.string(),
    /** The part that scores are measured against unless they say otherwise. */
    split: z.enum(["heldOut", "train", "all"]),
    train: count,
    heldOut: count,
  }),
  format,
  /** How real images were brought to that format. */
  fitting: z.string(),
  seed: count,
  /** What is wrong with the images whatever the scores say, worst first, a sentence each: copies, repetitions. */
  alarms: z.array(z.string()),
  /** The score to quote. */
  headline: z.enum(metricNames).optional(),
  extractors: z.array(extractorSchema),
  scores: z.array(scoreSchema),
  refused: z.array(refusalSchema),
  copying: copyingSchema.optional(),
  confusion: confusionSchema.optional(),
  seconds: z.number(),
});
export type ScoreCard = z.infer<typeof scoreCardSchema>;
