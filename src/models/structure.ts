import { AtelierError } from "../foundation/errors.ts";
import { elu, gelu, glu, leakyRelu, relu, silu, type Tensor } from "../graph/index.ts";

export const activationNames = ["relu", "leakyRelu", "elu", "silu", "gelu", "glu"] as const;
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

/**
 * The structure that is asked for, with the usual value of what is not.
 * @throws AtelierError (usage) for a value that the architecture cannot have.
 */
export function structureOf(
  { name, choices }: { readonly name: string; readonly choices: StructureChoices },
  given: Partial<Structure> = {},
): Structure {
  const chosen = <T>(part: keyof Structure, possible: readonly [T, ...T[]], value: T | undefined): T => {
    if (value === undefined) return possible[0];
    if (possible.includes(value)) return value;
    throw new AtelierError({
      kind: "usage",
      where: `${part} of ${name}`,
      expected: possible.join(", "),
      received: String(value),
      help: `choose one of these, or leave it out for ${String(possible[0])}`,
    });
  };
  return {
    kernel: chosen("kernel", choices.kernel, given.kernel),
    depth: chosen("depth", choices.depth, given.depth),
    activation: chosen("activation", choices.activation, given.activation),
    norm: chosen("norm", choices.norm, given.norm),
  };
}

/** The function of that name, element by element; `glu` makes one channel of two. */
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
    case "glu":
      return glu(x, 1);
  }
}
