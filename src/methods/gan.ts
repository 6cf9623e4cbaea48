import {
  add,
  exp,
  gradient,
  isGreater,
  maximum,
  mean,
  multiply,
  negate,
  reshape,
  sigmoid,
  stopGradient,
  subtract,
  sum,
  type Tensor,
} from "../graph/index.ts";
import type { Architecture, DiscriminatorNorm, ImageFormat, Structure } from "../models/index.ts";
import { type AdversarialLossName, lossIfGenerated, lossIfReal, type TransformName } from "../nn/index.ts";
import type { Method, Phase, Update } from "./method.ts";

export const augmentationNames = ["none", "diffaugment", "ada"] as const;

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
  /** Default: the usual one. */
  readonly structure?: Partial<Structure> | undefined;
  readonly generator: Update;
  readonly discriminator: Update;
  /** Half-life of the generator's weight average, in training images. */
  readonly averageHalfLife: number;
}

type Player = "discriminator" | "generator";

/**
 * Generative adversarial training (Goodfellow et al. 2014, algorithm 1) with one discriminator step a generator step:
 *
 *   discriminator D:  minimise  -E log s(D(x)) - E log(1 - s(D(G(z))))      x real, z ~ N(0, 1), s the sigmoid
 *   generator G:      minimise  -E log s(D(G(z)))                          (non-saturating, section 3)
 *
 * Real and generated images pass through D apart, so that batch normalisation does not mix them.
 */
export function gan(options: GanOptions): Method<Player> {
  const { architecture, latent, averageHalfLife } = options;
  return {
    networks: {
      generator: architecture.generator(options),
      discriminator: architecture.discriminator(options),
    },
    phases: options.updates === "alternating" ? alternating(options) : [oneStage(options)],
    latent,
    sample: (vectors, { generator }) => generator(vectors),
    averaged: ["generator"],
    averageHalfLife,
  };
}

/** First D, then G, which is judged for the same G(z) by the D that has just been updated. */
function alternating({ batch, latent, ...options }: GanOptions): readonly Phase<Player>[] {
  return [
    {
      trains: { discriminator: options.discriminator },
      losses: ({ real, noise }, { generator, discriminator }) => {
        const { loss, report } = judgement(
          discriminator(real),
          discriminator(generator(noise("latent", [batch, latent]))),
        );
        return { losses: { discriminator: loss }, report };
      },
    },
    {
      trains: { generator: options.generator },
      losses: ({ noise }, { generator, discriminator }) => {
        const loss = lossIfReal(discriminator(generator(noise("latent", [batch, latent]))));
        return { losses: { generator: loss }, report: { generatorLoss: loss } };
      },
    },
  ];
}

/**
 * Both players from one backward pass through D (Shen et al. 2021, "Training Generative Adversarial Networks in One
 * Stage"). Where D judges every picture by itself, the gradients of both losses with respect to a picture G(z) differ by a
 * factor alone, the ratio of the losses' slopes at its logit: -s(-D) / s(D) = -exp(-D).
 * Needs a discriminator without statistics over the batch.
 */
function oneStage({ batch, latent, ...options }: GanOptions): Phase<Player> {
  return {
    trains: { discriminator: options.discriminator, generator: options.generator },
    losses: ({ real, noise }, { generator, discriminator }) => {
      const generated = generator(noise("latent", [batch, latent]));
      const onGenerated = discriminator(generated);
      const { loss, report } = judgement(discriminator(real), onGenerated);
      const ratio = negate(exp(negate(maximum(onGenerated, MOST_CERTAIN))));
      const slopeOfGenerator = multiply(gradient(loss, generated), reshape(ratio, [batch, 1, 1, 1]));
      return {
        // Its gradient with respect to G's parameters is that of G's loss: the chain rule from the picture on.
        losses: { discriminator: loss, generator: alongSlope(generated, slopeOfGenerator) },
        report: { ...report, generatorLoss: lossIfReal(onGenerated) },
      };
    },
  };
}

/** Logits below it are taken for it, so that the ratio stays finite in float32; s(-60) is 1e-26. */
const MOST_CERTAIN = -60;

/** A scalar whose gradient with respect to x is `slope`. */
function alongSlope(x: Tensor, slope: Tensor): Tensor {
  return sum(multiply(x, stopGradient(slope)));
}

/** D's loss for its logits on real and generated pictures. */
function judgement(onReal: Tensor, onGenerated: Tensor) {
  const loss = add(lossIfReal(onReal), lossIfGenerated(onGenerated));
  return {
    loss,
    report: {
      discriminatorLoss: loss,
      realScore: mean(sigmoid(onReal)),
      generatedScore: mean(sigmoid(onGenerated)),
      // Near 1 where D knows its training images by heart (Karras et al. 2020, "Training Generative Adversarial Networks
      // with Limited Data", equation 1, r_t).
      realSign: mean(subtract(isGreater(onReal, 0), isGreater(0, onReal))),
    },
  };
}
