import { add, concat, multiply, type Shape, slice, type Tensor } from "../graph/index.ts";
import { dense, filled, normal, type Scope, sampleAffine } from "../nn/index.ts";
import type { ArchitectureOptions } from "./architecture.ts";
import { type Normalisation, normalisationOf } from "./normalisation.ts";
import type { NetworkNorm } from "./structure.ts";

/** Numbers that say beside the random vector which class is asked for. */
const EMBEDDED = 32;

/**
 * Deviation of these numbers at first, where those of the random vector have 1. With 1 as well a DCGAN learned one picture of
 * each class (`sample:flowers`, 450 steps), since the class explains more of an image than any other direction.
 */
const SMALL = normal(0.1);

/** How a network that makes pictures is told what to make. */
export interface Conditioning {
  /** What its first layer sees: [batch, numbers]. */
  readonly vector: Tensor;
  /** What follows a layer: the norm, and the scale and shift of each class. */
  readonly normalised: Normalisation["normalised"];
}

/** Shape of the input of a generator or decoder. */
export function requestShape({ latent, classes = 0 }: Pick<ArchitectureOptions, "latent" | "classes">): Shape {
  return ["batch", latent + classes];
}

/**
 * Takes apart what is asked for, [batch, latent + classes]. The classes' shares become a trained vector beside the random
 * one (Mirza and Osindero 2014, "Conditional Generative Adversarial Nets"), and scale and shift every channel after each norm
 * (Dumoulin et al. 2017, "A Learned Representation for Artistic Style", equation 5; de Vries et al. 2017, "Modulating Early
 * Visual Processing by Language"), at first for all classes alike. Both are linear in the shares, so that there are pictures
 * between classes. Without classes: the random vector and the norm alone.
 */
export function conditioning(
  scope: Scope,
  request: Tensor,
  { latent, classes = 0 }: Pick<ArchitectureOptions, "latent" | "classes">,
  norm: NetworkNorm,
): Conditioning {
  const { normalised } = normalisationOf(norm);
  if (classes === 0) return { vector: request, normalised };
  const [batch = "batch"] = request.shape;
  const shares = slice(request, [0, latent], [batch, classes]);
  const embedded = scope.layer("classes", (layer) =>
    dense(layer, shares, { features: EMBEDDED, bias: false, initializer: SMALL }),
  );
  return {
    vector: concat([slice(request, [0, 0], [batch, latent]), embedded], 1),
    normalised: norm === "none" ? normalised : (layer, x) => scaledByClass(layer, normalised(layer, x), shares),
  };
}

/** x [batch, channels, …] with each channel times 1 + s and shifted by t, which the shares of classes decide and begin as 0. */
function scaledByClass(scope: Scope, x: Tensor, shares: Tensor): Tensor {
  const byClass = (name: string) =>
    scope.layer(name, (layer) =>
      dense(layer, shares, { features: Number(x.shape[1]), bias: false, initializer: filled(0) }),
    );
  const gain = add(byClass("classScale"), 1);
  const offset = byClass("classShift");
  return x.shape.length === 2 ? add(multiply(x, gain), offset) : sampleAffine(x, gain, offset);
}
