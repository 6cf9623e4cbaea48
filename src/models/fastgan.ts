import { glu, reshape, type Tensor, tanh, upsampleNearest2d } from "../graph/index.ts";
import { convolution, dense, heNormal, Network, normal, type Scope } from "../nn/index.ts";
import { type Architecture, type ArchitectureOptions, discriminatorNormOf } from "./architecture.ts";
import { conditioning, requestShape } from "./class-conditioning.ts";
import { reading, redrawing } from "./fastgan-discriminator.ts";
import { withMapNoise } from "./map-noise.ts";
import { normalisationOf } from "./normalisation.ts";
import { croppedTo, pyramid, refusalOfPyramid } from "./pyramid.ts";
import { excited } from "./skip-excitation.ts";
import { type NetworkNorm, structureOf } from "./structure.ts";

/** Channels of maps of about 4, 8, … 256 pixels, as multiples of the width; as the authors have them. */
const MULTIPLES = [16, 8, 4, 2, 2, 1, 0.5];

/** Doublings from a map to the larger one that it gates. */
const REACH = 4;

/**
 * The networks of Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis",
 * for few images. The generator has little depth for its size: blocks of nearest-neighbour upsampling, a 3x3 convolution to
 * twice the channels, a norm and a gated linear unit; every second block has one more such convolution, and noise after
 * both. Small maps gate the channels of large ones ({@link excited}): 4 of 64 pixels, 8 of 128, 16 of 256. Pictures of less
 * than 64 pixels have one gate, from the smallest map to the picture's. Maps of 128 pixels have `width` channels (the
 * authors: 64), smaller ones up to 16 times as many.
 *
 * Different from the authors' programs: one discriminator, of the whole picture; no spectral normalisation in the
 * generator; the noise has a factor for each channel.
 */
export const fastgan: Architecture = {
  name: "fastgan",
  defaultWidth: 16,
  defaultLatent: 256,
  discriminatorNorms: ["spectral-batch", "spectral", "batch", "instance", "layer", "none"],
  refusal: refusalOfPyramid,
  choices: { kernel: [3], depth: [1], activation: ["glu"], norm: ["batch", "instance", "layer", "none"] },

  generator: (options) => picture("generator", options, options.format.channels, tanh, true),
  decoder: (options) => picture("decoder", options, options.outputs, (x) => x, false),
  discriminator: (options) => reading("discriminator", options, discriminatorNormOf(fastgan, options)),
  encoder: (options) => reading("encoder", options, structureOf(fastgan, options.structure).norm, options.features),
  redrawer: redrawing,
};

function picture(
  name: string,
  options: ArchitectureOptions,
  outputs: number,
  squashed: (x: Tensor) => Tensor,
  noisy: boolean,
): Network {
  const { format, width } = options;
  const { norm } = structureOf(fastgan, options.structure);
  const { bias } = normalisationOf(norm);
  const always = options.mapNoise ?? false;

  return new Network(name, requestShape(options), (scope, request) => {
    const { vector, normalised } = conditioning(scope, request, options, norm);
    const { base, halvings, sizes } = pyramid(format);
    const reach = Math.min(REACH, halvings);
    // 0 for maps of about 4 pixels, 1 for 8, and so on.
    const rankOf = (level: number) => level + Math.round(Math.log2(Math.min(...base) / 4));
    const channels = (level: number) => Math.max(1, Math.floor(width * (MULTIPLES[rankOf(level)] ?? 0.5)));
    const first = scope.layer("project", (layer) => {
      const features = 2 * channels(0) * base[0] * base[1];
      const projected = dense(layer, vector, { features, bias, ...weightsFor(norm, Number(vector.shape[1])) });
      return glu(normalised(layer, reshape(projected, [request.shape[0] ?? "batch", 2 * channels(0), ...base])), 1);
    });
    const maps = [first];
    for (const [index, size] of sizes.slice(1).entries()) {
      const level = index + 1;
      const isDouble = rankOf(level) % 2 === 1;
      const gated = (layer: Scope, x: Tensor) => {
        const weights = weightsFor(norm, 9 * Number(x.shape[1]));
        const y = convolution(layer, x, { ...sameSize, ...weights, filters: 2 * channels(level), bias });
        return glu(normalised(layer, withMapNoise(layer, y, { mapNoise: always || (noisy && isDouble) })), 1);
      };
      const before = maps[index] ?? first;
      const gating = maps[level - reach];
      const map = scope.layer(`up${level}`, (layer) => {
        const grown = croppedTo(upsampleNearest2d(before, 2), size);
        const once = layer.layer("first", (inner) => gated(inner, grown));
        const made = isDouble ? layer.layer("second", (inner) => gated(inner, once)) : once;
        return gating === undefined ? made : layer.layer("gate", (inner) => excited(inner, made, gating));
      });
      maps.push(map);
    }
    const last = maps.at(-1) ?? first;
    return scope.layer("image", (layer) =>
      squashed(convolution(layer, last, { ...sameSize, ...small, filters: outputs })),
    );
  });
}

const sameSize = { kernel: 3, padding: 1 };

/** The authors' weights, for layers that a norm brings to scale. */
const small = { initializer: normal(0.02) };

/** Without a norm, weights that keep the scale of signals; the gate of a linear unit is near 1/2, so of twice He's variance. */
function weightsFor(norm: NetworkNorm, inputs: number): typeof small {
  return norm === "none" ? { initializer: heNormal(inputs / 2) } : small;
}
