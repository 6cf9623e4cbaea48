import { add, elementCount, relu, reshape, softplus, type Tensor, tanh } from "../../graph/index.ts";
import { batchNorm, dense, fixedWeightNorm, Network, normal, weightNorm } from "../../nn/index.ts";
import type { NetworkOptions } from "./networks.ts";
import { repeatedNoise } from "./repeated-noise.ts";

/** Standard deviations of the noise: of the images, whose brightness goes from 0 to 2, and of what the layers give. */
const NOISE = { image: 0.6, hidden: 0.5 };

/** Units of the hidden layers of the classifier, as shares of its smallest. */
const LAYERS = [4, 2, 1, 1, 1];

/**
 * First weights of the classifier. Only their directions count, and Adam, whose steps are of one size, turns long weights more
 * slowly than short ones: these are longer than He's wherever a layer has more than 200 inputs.
 */
const weights = { initializer: normal(0.1) };

/**
 * [batch, channels, height, width] -> logits [batch, classes]; it shows its last hidden layer as `features`. With a width of
 * 250 it is the classifier of Salimans et al. 2016 for MNIST: ReLU layers of 1000, 500, 250, 250 and 250 units with normalised
 * weights, and noise on what each of them sees.
 */
export function perceptron({ format, width, classes, rows }: NetworkOptions): Network {
  const { channels, height, width: columns } = format;
  return new Network("discriminator", ["batch", channels, height, columns], (scope, image) => {
    const pixels = reshape(image, [image.shape[0] ?? "batch", elementCount([channels, height, columns])]);
    // From 0 on, so that black pixels add nothing to what the first layer sums.
    let x = repeatedNoise(scope, add(pixels, 1), { deviation: NOISE.image, rows });
    for (const [index, share] of LAYERS.entries()) {
      const isLast = index === LAYERS.length - 1;
      x = scope.layer(`hidden${index + 1}`, (layer) => {
        const y = relu(dense(layer, x, { ...weights, features: share * width, weightTransform: fixedWeightNorm() }));
        if (isLast) layer.show("features", y);
        return repeatedNoise(layer, y, { deviation: NOISE.hidden, rows });
      });
    }
    return scope.layer("judge", (layer) =>
      dense(layer, x, { ...weights, features: classes, weightTransform: weightNorm }),
    );
  });
}

/**
 * [batch, latent] -> [batch, channels, height, width] in [-1, 1]. With a width of 250 it is the generator of Salimans et al.
 * 2016 for MNIST: two layers of 500 units, batch normalisation and softplus, and normalised weights at the output.
 */
export function perceptronGenerator({ format, latent, width }: NetworkOptions): Network {
  const { channels, height, width: columns } = format;
  return new Network("generator", ["batch", latent], (scope, z) => {
    let x = z;
    for (const index of [1, 2]) {
      x = scope.layer(
        `hidden${index}`,
        (layer): Tensor => softplus(batchNorm(layer, dense(layer, x, { features: 2 * width, bias: false }))),
      );
    }
    return scope.layer("image", (layer) => {
      const pixels = dense(layer, x, {
        features: elementCount([channels, height, columns]),
        weightTransform: weightNorm,
      });
      return reshape(tanh(pixels), [z.shape[0] ?? "batch", channels, height, columns]);
    });
  });
}
