import type { Architecture, DiscriminatorNorm, ImageFormat, Structure } from "../../models/index.ts";
import type { AdversarialLossName, TransformName } from "../../nn/index.ts";
import type { Player, Update } from "../method.ts";

export const augmentationNames = ["none", "diffaugment", "ada"] as const;

/** How a discriminator learns of classes: it judges pictures as ones of a class, or says of which class they are. */
export const conditioningNames = ["projection", "auxiliary"] as const;

/** What a user decides about a GAN. */
export interface GanSettings {
  readonly loss: AdversarialLossName;
  /** Whether the generator answers the discriminator that has just been updated, or both move at once. */
  readonly updates: "alternating" | "one-stage";
  /** Steps of the discriminator for each of the generator: with 5 the generator moves in every fifth step. */
  readonly discriminatorSteps: number;
  readonly discriminatorNorm: DiscriminatorNorm;
  /** Share by which the target of real images is below 1 ("real"), in [0, 0.5). */
  readonly labelSmoothing: number;
  /** Weight gamma of the R1 penalty on the discriminator's slope at real images; 0 for none. */
  readonly r1: number;
  /** Steps from one R1 penalty to the next. */
  readonly r1Every: number;
  /** Weight of the gradient penalty between real and generated images; 0 for none. */
  readonly gradientPenalty: number;
  /** Weight of the LeCam regulariser; 0 for none. */
  readonly lecam: number;
  /** Deviation, at the first step, of noise on all images that the discriminator sees; 0 for none. */
  readonly instanceNoise: number;
  /** Steps in which that noise fades away. */
  readonly instanceNoiseSteps: number;
  /** Random changes of all images that the discriminator sees: never, always, or as often as it begins to overfit. */
  readonly augmentation: (typeof augmentationNames)[number];
  /** The changes. */
  readonly transforms: readonly TransformName[];
  /** Mean sign of the discriminator's verdicts on real images that `ada` steers towards. */
  readonly adaTarget: number;
  readonly minibatchDeviation: boolean;
  readonly mapNoise: boolean;
  /** Of the discriminator. */
  readonly dropout: number;
  /** Of GANs that learn classes. Default: projection. */
  readonly conditioning?: (typeof conditioningNames)[number] | undefined;
  /** The same: weight of seeing by how many quarter turns an image is turned. Default: 0. */
  readonly rotation?: number | undefined;
}

/** The GAN of the paper with nothing added. */
export const plainGan: Omit<GanSettings, "discriminatorNorm"> = {
  loss: "nonSaturating",
  updates: "alternating",
  discriminatorSteps: 1,
  labelSmoothing: 0,
  r1: 0,
  r1Every: 16,
  gradientPenalty: 0,
  lecam: 0,
  instanceNoise: 0,
  instanceNoiseSteps: 1,
  augmentation: "none",
  transforms: ["translation"],
  adaTarget: 0.6,
  minibatchDeviation: false,
  mapNoise: false,
  dropout: 0,
};

export interface GanOptions extends GanSettings {
  readonly architecture: Architecture;
  readonly format: ImageFormat;
  /** Size of the random vector. */
  readonly latent: number;
  readonly width: number;
  /** Images that pass through the networks at once. */
  readonly batch: number;
  /** Such batches a step. Default: 1. */
  readonly parts?: number | undefined;
  /** Default: the usual one. */
  readonly structure?: Partial<Structure> | undefined;
  readonly generator: Update;
  /** With a lazy R1 penalty it is one for `lazyShare` of the rate and decays. */
  readonly discriminator: Update;
  /** Of the network that draws real images again, where the architecture has one. Default: as the discriminator. */
  readonly redrawer?: Update | undefined;
  /** Half-life of the generator's weight average, in training images. */
  readonly averageHalfLife: number;
}

/** The networks in training. */
export type Cast = {
  readonly generator: Player;
  readonly discriminator: Player;
  /** Of architectures that have one. */
  readonly redrawer?: Player;
  /** Of methods that learn classes. */
  readonly classifier?: Player;
};
