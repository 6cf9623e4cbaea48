import { add, mean, sigmoid } from "../graph/index.ts";
import type { Architecture, ImageFormat } from "../models/index.ts";
import { adam, lossIfGenerated, lossIfReal } from "../nn/index.ts";
import type { Method } from "./method.ts";

export interface GanOptions {
  readonly architecture: Architecture;
  readonly format: ImageFormat;
  /** Size of the random vector. */
  readonly latent: number;
  readonly width: number;
  readonly batch: number;
  readonly learningRate: { readonly generator: number; readonly discriminator: number };
  /** Half-life of the generator's weight average, in training images. */
  readonly averageHalfLife: number;
}

/**
 * Generative adversarial training (Goodfellow et al. 2014, algorithm 1) with one discriminator step a generator step:
 *
 *   discriminator D:  minimise  -E log s(D(x)) - E log(1 - s(D(G(z))))      x real, z ~ N(0, 1), s the sigmoid
 *   generator G:      minimise  -E log s(D(G(z)))                          (non-saturating, section 3)
 *
 * Real and generated images pass through D apart, so that batch normalisation does not mix them. Adam with beta1 = 0.5
 * (Radford et al. 2016). The generator step judges the same G(z) by the D that has just been updated.
 */
export function gan(options: GanOptions): Method<"discriminator" | "generator"> {
  const { architecture, latent, batch, learningRate } = options;
  const moments = { beta1: 0.5, beta2: 0.999 };
  return {
    networks: {
      generator: architecture.generator(options),
      discriminator: architecture.discriminator(options),
    },
    phases: [
      {
        trains: "discriminator",
        optimizer: adam({ learningRate: learningRate.discriminator, ...moments }),
        loss: ({ real, noise }, { generator, discriminator }) => {
          const onReal = discriminator(real);
          const onGenerated = discriminator(generator(noise("latent", [batch, latent])));
          const lossReal = lossIfReal(onReal);
          const lossGenerated = lossIfGenerated(onGenerated);
          return {
            loss: add(lossReal, lossGenerated),
            report: {
              discriminatorLoss: add(lossReal, lossGenerated),
              realScore: mean(sigmoid(onReal)),
              generatedScore: mean(sigmoid(onGenerated)),
            },
          };
        },
      },
      {
        trains: "generator",
        optimizer: adam({ learningRate: learningRate.generator, ...moments }),
        loss: ({ noise }, { generator, discriminator }) => {
          const loss = lossIfReal(discriminator(generator(noise("latent", [batch, latent]))));
          return { loss, report: { generatorLoss: loss } };
        },
      },
    ],
    sampler: "generator",
    latent,
    averageHalfLife: options.averageHalfLife,
  };
}
