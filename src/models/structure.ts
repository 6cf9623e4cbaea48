import { elu, gelu, leakyRelu, relu, silu, type Tensor } from "../graph/index.ts";

export const activationNames = ["relu", "leakyRelu", "elu", "silu", "gelu"] as const;
export type ActivationName = (typeof activationNames)[number];

/** What the layers of generators, decoders and encoders can be normalised by. */
export const networkNormNames = ["batch", "instance", "layer", "none"] as const;
export type NetworkNorm = (typeof networkNormNames)[number];

/** How the layers of an architecture are built. */
export interface Structure {
  /** Side of the kernels that change the size of maps, in pixels. */
  readonly kernel: number;
  /** Hidden layers of fully connected networks; of others, layers or blocks at each size of map. */
  readonly depth: number;
  /** Between the layers of generators and decoders; discriminators and encoders keep the architecture's own. */
  readonly activation: ActivationName;
  /** Of generators, decoders and encoders. */
  readonly norm: NetworkNorm;
}

/** For each part of a structure the possible values; the first is the usual one. */
export type StructureChoices = { readonly [Key in keyof Structure]: readonly [Structure[Key], ...Structure[Key][]] };

/** The structure that is asked for, with the usual value of what is not. */
export function structureOf(choices: StructureChoices, given: Partial<Structure> = {}): Structure {
  const { kernel, depth, activation, norm } = choices;
  return { kernel: kernel[0], depth: depth[0], activation: activation[0], norm: norm[0], ...given };
}

/** The function of that name, element by element. */
export function activated(name: ActivationName, x: Tensor): Tensor {
  switch (name) {
    case "relu":
      return relu(x);
    case "leakyRelu":
      return leakyRelu(x, 0.2);
    case "elu":
      return elu(x);
    case "silu":
      return silu(x);
    case "gelu":
      return gelu(x);
  }
}
