import { randomStream } from "../../foundation/random.ts";
import { adversarialLosses } from "../../nn/index.ts";
import type { GanSettings } from "../gan.ts";
import { latent, rate } from "./small-gans.ts";

// Test support: the training of the linear GAN of small-gans.ts written as loops over numbers, with every slope by hand.

type LossName = keyof typeof adversarialLosses;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The slopes of a loss at a logit: of the discriminator's loss for real and generated images, and of the generator's. */
interface Slopes {
  readonly real: (logit: number) => number;
  readonly generated: (logit: number) => number;
  readonly generator: (logit: number) => number;
}

export const slopesOf: Readonly<Record<LossName, Slopes>> = {
  nonSaturating: { real: (d) => sigmoid(d) - 1, generated: sigmoid, generator: (d) => sigmoid(d) - 1 },
  minimax: { real: (d) => sigmoid(d) - 1, generated: sigmoid, generator: (d) => -sigmoid(d) },
  hinge: { real: (d) => (d < 1 ? -1 : 0), generated: (d) => (d > -1 ? 1 : 0), generator: () => -1 },
  leastSquares: { real: (d) => d - 1, generated: (d) => d + 1, generator: (d) => d - 1 },
  wasserstein: { real: () => -1, generated: () => 1, generator: () => -1 },
};

/** The slope for real images where some of their targets are those of generated ones. */
const smoothed: Readonly<Partial<Record<LossName, (logit: number, smoothing: number) => number>>> = {
  nonSaturating: (d, smoothing) => sigmoid(d) - (1 - smoothing),
  minimax: (d, smoothing) => sigmoid(d) - (1 - smoothing),
  leastSquares: (d, smoothing) => d - (1 - 2 * smoothing),
};

/** Adam as in algorithm 1 of the paper, on one array. @param t updates before. */
function handAdam(parameters: number[], t: number) {
  const m = parameters.map(() => 0);
  const v = parameters.map(() => 0);
  return (slopes: readonly number[]) => {
    t++;
    slopes.forEach((g, i) => {
      m[i] = 0.5 * (m[i] ?? 0) + 0.5 * g;
      v[i] = 0.999 * (v[i] ?? 0) + 0.001 * g * g;
      const mHat = (m[i] ?? 0) / (1 - 0.5 ** t);
      const vHat = (v[i] ?? 0) / (1 - 0.999 ** t);
      parameters[i] = (parameters[i] ?? 0) - (rate * mHat) / (Math.sqrt(vHat) + 1e-8);
    });
  };
}

export interface LinearTraining {
  readonly settings: GanSettings;
  /** Images a step. */
  readonly batch: number;
  readonly seed: number;
  /** The first step, and the number of steps. */
  readonly first: number;
  readonly steps: number;
  /** First numbers of a variable. */
  readonly initial: (name: string) => readonly number[];
  /** The bytes of each step's images. */
  readonly images: (step: number) => Uint8Array;
}

/** What training ends with; the lists are weights, then biases. */
export interface LinearResult {
  readonly generator: readonly number[];
  readonly discriminator: readonly number[];
  readonly average: readonly number[];
  /** LeCam's running averages. */
  readonly lecam: { readonly real: number; readonly generated: number };
  /** Mean sign of the verdicts on real images in each step. */
  readonly signs: readonly number[];
}

/** G(z) = z W + b and D(x) = x v + c, trained without a graph. Its images have 4 pixels. */
export function linearTraining({ settings, batch, seed, first, steps, initial, images }: LinearTraining): LinearResult {
  const { loss, discriminatorSteps, labelSmoothing, r1, r1Every, gradientPenalty, instanceNoise } = settings;
  const generator = [...initial("generator/weight"), ...initial("generator/bias")];
  const discriminator = [...initial("discriminator/weight"), ...initial("discriminator/bias")];
  const average = [...generator];
  const isLazy = r1 > 0 && r1Every > 1;
  const updateGenerator = handAdam(generator, Math.floor(first / discriminatorSteps));
  const updateDiscriminator = handAdam(discriminator, first + (isLazy ? Math.floor(first / r1Every) : 0));
  const lecam = { real: 0, generated: 0 };
  const signs: number[] = [];
  const samples = Array.from({ length: batch }, (_, n) => n);
  const pixels = [0, 1, 2, 3];

  for (let step = first; step < first + steps; step++) {
    const bytes = images(step);
    const draws = (name: string, size: number) => randomStream(seed, `noise/${name}`, step).normals(batch * size);
    const z = draws("latent", latent);
    const deviation = instanceNoise * Math.max(0, 1 - step / settings.instanceNoiseSteps);
    const noises = { real: draws("instance/real", 4), generated: draws("instance/generated", 4) };
    const real = (n: number, i: number) =>
      ((bytes[n * 4 + i] ?? 0) * 2) / 255 - 1 + deviation * (noises.real[n * 4 + i] ?? 0);
    const generated = (n: number, i: number) =>
      (z[n * 2] ?? 0) * (generator[i] ?? 0) +
      (z[n * 2 + 1] ?? 0) * (generator[4 + i] ?? 0) +
      (generator[8 + i] ?? 0) +
      deviation * (noises.generated[n * 4 + i] ?? 0);
    const judged = (x: (i: number) => number) =>
      pixels.reduce((total, i) => total + x(i) * (discriminator[i] ?? 0), discriminator[4] ?? 0);
    const meanOf = (value: (n: number) => number) => samples.reduce((total, n) => total + value(n), 0) / batch;
    /** The slope of the penalty on the length of D's slope, which is v everywhere. */
    const slopesOfR1 = (gain: number) => discriminator.map((v, i) => (i < 4 ? r1 * gain * v : 0));

    if (isLazy && (step + 1) % r1Every === 0) updateDiscriminator(slopesOfR1(r1Every));

    const onReal = samples.map((n) => judged((i) => real(n, i)));
    const onGenerated = samples.map((n) => judged((i) => generated(n, i)));
    signs.push(meanOf((n) => Math.sign(onReal[n] ?? 0)));
    const slopes = slopesOf[loss];
    const slopeOnReal = (d: number) => smoothed[loss]?.(d, labelSmoothing) ?? slopes.real(d);
    const lecamNow = step < 1000 ? 0 : settings.lecam;
    const slopesD = r1 > 0 && !isLazy ? slopesOfR1(1) : discriminator.map(() => 0);
    for (const n of samples) {
      const [dReal = 0, dGenerated = 0] = [onReal[n], onGenerated[n]];
      const up = slopeOnReal(dReal) + lecamNow * 2 * Math.max(0, dReal - lecam.generated);
      const down = slopes.generated(dGenerated) - lecamNow * 2 * Math.max(0, lecam.real - dGenerated);
      for (const i of pixels) slopesD[i] = (slopesD[i] ?? 0) + (up * real(n, i) + down * generated(n, i)) / batch;
      slopesD[4] = (slopesD[4] ?? 0) + (up + down) / batch;
    }
    const length = Math.hypot(...discriminator.slice(0, 4));
    for (const i of pixels)
      slopesD[i] = (slopesD[i] ?? 0) + (gradientPenalty * 2 * (length - 1) * (discriminator[i] ?? 0)) / length;
    const share = step === 0 ? 1 : 0.01;
    lecam.real += share * (meanOf((n) => onReal[n] ?? 0) - lecam.real);
    lecam.generated += share * (meanOf((n) => onGenerated[n] ?? 0) - lecam.generated);

    const slopesOfGenerator = () => {
      const slopesG = generator.map(() => 0);
      for (const n of samples) {
        const slope = slopes.generator(judged((i) => generated(n, i))) / batch;
        for (const i of pixels) {
          const toPixel = slope * (discriminator[i] ?? 0);
          slopesG[i] = (slopesG[i] ?? 0) + toPixel * (z[n * 2] ?? 0);
          slopesG[4 + i] = (slopesG[4 + i] ?? 0) + toPixel * (z[n * 2 + 1] ?? 0);
          slopesG[8 + i] = (slopesG[8 + i] ?? 0) + toPixel;
        }
      }
      return slopesG;
    };
    if (settings.updates === "one-stage") {
      const slopesG = slopesOfGenerator();
      updateDiscriminator(slopesD);
      updateGenerator(slopesG);
    } else {
      updateDiscriminator(slopesD);
      if ((step + 1) % discriminatorSteps === 0) updateGenerator(slopesOfGenerator());
    }
    const decay = 0.5 ** (batch / Math.min(10, 0.05 * (step + 1) * batch));
    average.forEach((value, i) => {
      average[i] = decay * value + (1 - decay) * (generator[i] ?? 0);
    });
  }
  return { generator, discriminator, average, lecam, signs };
}
