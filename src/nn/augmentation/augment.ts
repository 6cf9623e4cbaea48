import { formatShape, shapeError, type Tensor, withScope } from "../../graph/index.ts";
import { brightness, contrast, hue, noise, saturation } from "./colour.ts";
import { cutout } from "./cutout.ts";
import { TransformDraws, type UniformSource } from "./draws.ts";
import { inverseScales, mirrors, moved, type PictureShape, quarterTurns, shifts } from "./geometry.ts";
import { type TransformName, transformNames } from "./transforms.ts";

export interface AugmentOptions {
  /** What may be done to images, in the order of {@link transformNames}, whatever their order here. */
  readonly transforms: readonly TransformName[];
  /** Probability of each transform of each image, in [0, 1], shape []. Default: every image is transformed. */
  readonly probability?: Tensor | undefined;
}

/**
 * Random changes of images that gradients flow through, for a discriminator that sees real and generated images only after
 * them: DiffAugment (Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training") with probability 1, and
 * ADA (Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", appendix B) with one that changes.
 * Whether an image is changed is drawn for each transform by itself. What a transform does, and its range, its own function
 * says: those of brightness, saturation, contrast, translation and cutout are DiffAugment's, the others ADA's.
 * @param images [batch, channels, height, width] in [-1, 1]. Results may be outside: clipping would hide gradients.
 * @param uniform asked for draws of names such as `cutout/row`; with the same draws two batches are changed alike.
 * @returns the shape of the images.
 * @throws AtelierError where the batch is open, or pictures that are not square are to be turned.
 */
export function augment(images: Tensor, uniform: UniformSource, { transforms, probability }: AugmentOptions): Tensor {
  const shape = pictureShape(images);
  const [batch, , height, width] = shape;
  const wanted = new Set(transforms);
  if (wanted.has("quarterTurn") && height !== width) {
    throw shapeError("augment", "square pictures for quarter turns", `${height} x ${width} pixels`);
  }
  const drawn = <T>(name: TransformName, draw: (draws: TransformDraws) => T): T | undefined =>
    wanted.has(name) ? draw(new TransformDraws(name, batch, uniform, probability)) : undefined;

  return withScope("augment", () => {
    const still = moved(images, shape, {
      turns: drawn("quarterTurn", quarterTurns),
      mirrored: drawn("mirror", mirrors),
      inverseScale: drawn("scale", inverseScales),
      down: drawn("translation", (draws) => shifts(draws, "down", height)),
      right: drawn("translation", (draws) => shifts(draws, "right", width)),
    });
    return transformNames.reduce(
      (changed, name) => drawn(name, (draws) => recoloured(name, changed, draws)) ?? changed,
      still,
    );
  });

  function recoloured(name: TransformName, changed: Tensor, draws: TransformDraws): Tensor {
    switch (name) {
      case "brightness":
        return brightness(changed, draws);
      case "hue":
        return hue(changed, draws);
      case "saturation":
        return saturation(changed, draws);
      case "contrast":
        return contrast(changed, draws);
      case "noise":
        return noise(changed, draws);
      case "cutout":
        return cutout(changed, shape, draws);
      case "mirror":
      case "quarterTurn":
      case "scale":
      case "translation":
        return changed;
    }
  }
}

function pictureShape({ shape }: Tensor): PictureShape {
  const [batch, channels, height, width] = shape;
  if ([batch, channels, height, width].includes("batch") || shape.length !== 4) {
    throw shapeError("augment", "images [batch, channels, height, width] of a known batch", formatShape(shape));
  }
  return [Number(batch), Number(channels), Number(height), Number(width)];
}
