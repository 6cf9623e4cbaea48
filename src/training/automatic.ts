import { type PictureSize, sidesOf } from "../data/index.ts";
import type { GanSettings, ModelName } from "../methods/index.ts";
import { fittingBatch } from "./rules.ts";

// What is chosen from the number of images, their size and the length of the run. The tables are the place to change it.

/** What is known when the choice is made. */
export interface Circumstances {
  readonly model: ModelName;
  /** Images to learn from. */
  readonly images: number;
  readonly size: PictureSize;
  readonly microBatches: number;
  readonly steps: number;
}

/** A value, and why it is chosen. */
export type Reasoned<T> = readonly [value: T, reason: string];

export interface AutomaticChoices {
  readonly batch: Reasoned<number>;
  /** Half-life of the weight averages in images, for a batch. */
  readonly averageHalfLife: (batch: number) => Reasoned<number>;
  readonly augmentation: Reasoned<GanSettings["augmentation"]>;
  readonly transforms: Reasoned<GanSettings["transforms"]>;
}

/** Batches by the number of pixels of a picture: the first row that holds it. */
const BATCHES = [
  { pixels: 64 * 64, batch: 64, reason: "the usual 64" },
  { pixels: 96 * 96, batch: 32, reason: "32, as large pictures take long" },
  { pixels: Number.POSITIVE_INFINITY, batch: 16, reason: "16, as very large pictures take long" },
] as const;

const colours = ["brightness", "saturation", "contrast"] as const;

/**
 * Changes of the images that a discriminator sees, so that it cannot learn few of them by heart (Zhao et al. 2020,
 * "Differentiable Augmentation for Data-Efficient GAN Training"): the first row that holds the number of images.
 */
const AUGMENTATIONS: readonly {
  readonly images: number;
  readonly augmentation: Reasoned<GanSettings["augmentation"]>;
  readonly transforms: Reasoned<GanSettings["transforms"]>;
}[] = [
  {
    images: 1000,
    augmentation: ["diffaugment", "few images: the discriminator would learn them by heart (Zhao et al. 2020)"],
    transforms: [[...colours, "translation", "cutout"], "all that hundreds of images need (Zhao et al. 2020)"],
  },
  {
    images: 2000,
    augmentation: ["diffaugment", "rather few images: the discriminator would learn them by heart (Zhao et al. 2020)"],
    transforms: [[...colours, "translation"], "the milder ones, as the images are not very few (Zhao et al. 2020)"],
  },
  {
    images: Number.POSITIVE_INFINITY,
    augmentation: ["none", "enough images to learn without"],
    transforms: [["translation"], "the usual ones"],
  },
];

/** Of a classifier that learns against a generator, for pictures that are not larger. */
const FEATURE_MATCHING = { pixels: 32 * 32, batch: 100, reason: "the paper's 100 (Salimans et al. 2016)" } as const;

/** Images of half-life for each one of batch, and the share of a short run's images that it is at most. */
const HALF_LIFE = { ofBatch: 10_000 / 32, share: 1 / 5 };

/** What suits the data and the length of the run. */
export function automaticChoices({ model, images, size, microBatches, steps }: Circumstances): AutomaticChoices {
  const { width, height } = sidesOf(size);
  const batches = model === "feature-matching" ? [FEATURE_MATCHING, ...BATCHES] : BATCHES;
  const usual = rowFor(batches, ({ pixels }) => width * height <= pixels);
  const parts = microBatches === 1 ? "" : `, in ${microBatches} equal parts`;
  const few = rowFor(AUGMENTATIONS, (row) => images < row.images);
  const none = AUGMENTATIONS.at(-1) ?? few;
  return {
    batch: [fittingBatch(images, microBatches, usual.batch), `${usual.reason}, at most half the images${parts}`],
    averageHalfLife: (batch) => {
      const long = HALF_LIFE.ofBatch * batch;
      const short = Math.max(1, Math.round(HALF_LIFE.share * steps * batch));
      return short < long
        ? [short, "a fifth of the images that so short a run sees"]
        : [long, "10,000 images a 32 of batch (Karras et al. 2020)"];
    },
    ...(model === "gan" ? few : none),
  };
}

function rowFor<Row>(rows: readonly Row[], holds: (row: Row) => boolean): Row {
  const row = rows.find(holds) ?? rows.at(-1);
  if (row === undefined) throw new Error("internal: a table without rows");
  return row;
}
