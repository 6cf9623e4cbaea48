import { add, globalAveragePool, leakyRelu, type Tensor } from "../../graph/index.ts";
import { convolution, dense, fixedWeightNorm, Network, type Scope, weightNorm } from "../../nn/index.ts";
import type { NetworkOptions } from "./networks.ts";
import { repeatedDropout, repeatedNoise } from "./repeated-noise.ts";

/** Standard deviation of the noise of the images, whose brightness goes from 0 to 2. */
const IMAGE_NOISE = 0.3;
/** Share of the maps that are dropped after each halving. */
const DROPPED = 0.5;
/** Sides of the maps at which halving ends, as in the paper. */
const SMALLEST = 8;
/** Channels grow to so many times the width. */
const MOST_CHANNELS = 4;

/**
 * [batch, channels, height, width] -> logits [batch, classes]; it shows its last layer before these as `features`. After the
 * classifier of Salimans et al. 2016 for CIFAR-10: 3x3 convolutions with normalised weights and leaky ReLU, two at each size of
 * map, the second of which halves it, dropout, then convolutions of 3 and 1 pixels, and the mean over all positions. Two
 * halvings of 32 pixels; larger pictures are halved more often. Whole maps are dropped, which takes few random numbers.
 */
export function convolutionalClassifier({ format, width, classes, rows }: NetworkOptions): Network {
  const { channels, height, width: columns } = format;
  const halvings = Math.max(1, Math.ceil(Math.log2(Math.min(height, columns) / SMALLEST)));
  return new Network("discriminator", ["batch", channels, height, columns], (scope, image) => {
    let x = repeatedNoise(scope, add(image, 1), { deviation: IMAGE_NOISE, rows });
    let filters = width;
    for (let level = 1; level <= halvings; level++) {
      filters = width * Math.min(2 ** (level - 1), MOST_CHANNELS);
      x = scope.layer(`down${level}`, (layer) => {
        const same = convolved(layer, "same", x, { filters, padding: 1, isDropped: level > 1 });
        const halved = convolved(layer, "halve", same, { filters, padding: 1, stride: 2 });
        return repeatedDropout(layer, halved, { rate: DROPPED, rows });
      });
    }
    const small = convolved(scope, "mix1", x, { filters, isDropped: true });
    const mixed = convolved(scope, "mix2", small, { filters, kernel: 1 });
    const features = globalAveragePool(mixed);
    scope.show("features", features);
    return scope.layer("judge", (layer) => dense(layer, features, { features: classes, weightTransform: weightNorm }));
  });
}

interface Convolved {
  readonly filters: number;
  readonly kernel?: number;
  readonly padding?: number;
  readonly stride?: number;
  /** Whether maps of x were dropped: the others are then larger, and the weights so much shorter. */
  readonly isDropped?: boolean;
}

function convolved(scope: Scope, name: string, x: Tensor, { kernel = 3, isDropped = false, ...options }: Convolved) {
  const weightTransform = fixedWeightNorm(Math.sqrt(isDropped ? 2 * (1 - DROPPED) : 2));
  return scope.layer(name, (layer) => leakyRelu(convolution(layer, x, { ...options, kernel, weightTransform }), 0.2));
}
