import { leakyRelu, relu, reshape, tanh } from "../graph/index.ts";
import { batchNorm, convolution, dense, Network, normal, transposedConvolution } from "../nn/index.ts";
import { type Architecture, flattened, type ImageFormat, imageShape } from "./architecture.ts";

/** All convolutions: each halves or doubles the picture. */
const halving = { kernel: 4, stride: 2, padding: 1, initializer: normal(0.02) };

const SMALLEST = 16;
const LARGEST = 128;
const STEP = 8;

/**
 * The networks of Radford, Metz and Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional
 * Generative Adversarial Networks": strided convolutions throughout, batch normalisation in both networks except at the
 * generator's output and the discriminator's input, ReLU in the generator, leaky ReLU of slope 0.2 in the discriminator,
 * weights drawn from N(0, 0.02).
 */
export const dcgan: Architecture = {
  name: "dcgan",
  defaultWidth: 64,

  refusal: ({ height, width }) => {
    const fits = [height, width].every((size) => size % STEP === 0 && size >= SMALLEST && size <= LARGEST);
    if (fits && height === width) return undefined;
    const nearest = Math.min(LARGEST, Math.max(SMALLEST, Math.round(height / STEP) * STEP));
    return { expected: `a multiple of ${STEP} from ${SMALLEST} to ${LARGEST}`, nearest };
  },

  generator: ({ format, latent, width }) =>
    new Network("generator", ["batch", latent], (scope, z) => {
      const { base, halvings } = pyramid(format);
      let channels = width * 2 ** (halvings - 1);
      let x = scope.layer("project", (layer) => {
        const features = channels * base * base;
        const projected = dense(layer, z, { features, bias: false, initializer: normal(0.02) });
        return relu(batchNorm(layer, reshape(projected, [z.shape[0] ?? "batch", channels, base, base])));
      });
      for (let index = 1; index < halvings; index++) {
        channels /= 2;
        const filters = channels;
        x = scope.layer(`up${index}`, (layer) =>
          relu(batchNorm(layer, transposedConvolution(layer, x, { ...halving, filters, bias: false }))),
        );
      }
      return scope.layer("image", (layer) =>
        tanh(transposedConvolution(layer, x, { ...halving, filters: format.channels })),
      );
    }),

  discriminator: (options) =>
    new Network("discriminator", imageShape(options), (scope, image) => {
      const { halvings } = pyramid(options.format);
      let channels = options.width;
      let x = scope.layer("down1", (layer) =>
        leakyRelu(convolution(layer, image, { ...halving, filters: channels }), 0.2),
      );
      for (let index = 2; index <= halvings; index++) {
        channels *= 2;
        const filters = channels;
        x = scope.layer(`down${index}`, (layer) =>
          leakyRelu(batchNorm(layer, convolution(layer, x, { ...halving, filters, bias: false })), 0.2),
        );
      }
      return scope.layer("judge", (layer) => dense(layer, flattened(x), { features: 1, initializer: normal(0.02) }));
    }),
};

/** How often the picture is halved, and the side that is left: at least 4 pixels, so that a 4x4 kernel sees all of it. */
function pyramid({ height }: ImageFormat): { readonly base: number; readonly halvings: number } {
  let base = height;
  let halvings = 0;
  while (base % 2 === 0 && base / 2 >= 4) {
    base /= 2;
    halvings++;
  }
  return { base, halvings };
}
