import { leakyRelu, mean } from "../graph/index.ts";
import { batchNorm, convolution, dense, Network } from "../nn/index.ts";
import type { ClassifierOptions } from "./architecture.ts";
import { doubledChannels } from "./pyramid.ts";

const MOST_CHANNELS = 8;
/** Maps are halved until the shorter side has no more pixels. */
const SMALLEST = 4;

/**
 * Tells the classes of images apart: [batch, channels, height, width] -> logits [batch, classes]. Convolutions of 4x4 that halve
 * the map and double the channels, from `width` to 8 times as many, batch normalisation, leaky ReLU of slope 0.1, and the mean over the last map (Lin et al. 2014, "Network In Network",
 * section 3.2): what is where in the picture does not count, so that few labels are not learned by heart as places of pixels.
 */
export function classifierOf({ format, width, classes }: ClassifierOptions): Network {
  const { height, width: across, channels } = format;
  return new Network("classifier", ["batch", channels, height, across], (scope, image) => {
    let x = image;
    for (let index = 0, side = Math.min(height, across); index === 0 || side > SMALLEST; index++) {
      const filters = doubledChannels(width, index, MOST_CHANNELS);
      x = scope.layer(`down${index + 1}`, (layer) => {
        const halved = convolution(layer, x, { filters, kernel: 4, stride: 2, padding: 1, bias: false });
        return leakyRelu(batchNorm(layer, halved), 0.1);
      });
      side = Math.floor(side / 2);
    }
    return scope.layer("judge", (layer) => dense(layer, mean(x, [2, 3]), { features: classes }));
  });
}
