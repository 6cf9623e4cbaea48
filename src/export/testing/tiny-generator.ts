import { randomStream } from "../../foundation/random.ts";
import { concat, elementCount } from "../../graph/index.ts";
import type { GaussianMixture, Method } from "../../methods/index.ts";
import { type ArchitectureName, architectures, type ImageFormat } from "../../models/index.ts";
import type { Network } from "../../nn/index.ts";
import { encodeGenerator } from "../generator-file.ts";

export interface TinyGenerator {
  readonly format: ImageFormat;
  readonly latent: number;
  /** Default: mlp. */
  readonly architecture?: ArchitectureName;
  /** That vectors are drawn from, as those of autoencoders are; of size `latent`. Default: none. */
  readonly mixture?: GaussianMixture;
  /** Whether it says that its numbers choose codes. Default: false. */
  readonly isDiscrete?: boolean;
  /** Classes that it can be asked for, and their shares. Default: none. */
  readonly classShares?: Readonly<Record<string, number>>;
}

/** The file of a generator that has learned nothing. */
export function tinyGenerator({ format, latent, architecture = "mlp", ...kind }: TinyGenerator): Uint8Array {
  const classes = Object.keys(kind.classShares ?? {}).length;
  const network = architectures[architecture].generator({ format, latent: latent + classes, width: 16 });
  const numbers = (name: string, count: number) => {
    const draws = randomStream(3, name).normals(count);
    // Stored variances are not below zero.
    return draws.map((value) => (/variance/i.test(name) ? Math.abs(value) : 0.3 * value));
  };
  return fileOf(network, format, latent, numbers, kind);
}

/** The file of a network's generator with given weights. One that knows classes takes them behind the vector. */
export function fileOf(
  network: Network,
  format: ImageFormat,
  latent: number,
  numbers: (name: string, count: number) => Float32Array,
  { mixture, isDiscrete = false, classShares = {} }: Pick<TinyGenerator, "mixture" | "isDiscrete" | "classShares"> = {},
): Uint8Array {
  const classNames = Object.keys(classShares);
  const method: Pick<Method, "networks" | "averaged" | "sample" | "latent" | "coding" | "isDiscrete" | "classes"> = {
    networks: { generator: network },
    averaged: ["generator"],
    latent,
    isDiscrete,
    sample: (vectors, players, classes) =>
      players["generator"]?.(classes === undefined ? vectors : concat([vectors, classes], 1)) ?? vectors,
    ...(classNames.length > 0 && {
      classes: { count: classNames.length, classify: (images) => images, isConditional: true },
    }),
    ...(mixture !== undefined && {
      coding: { encode: (images) => images, decode: (codes) => codes, mixture: mixture.components },
    }),
  };
  const values = network.variables.map(
    ({ input, shape }) => [input.name, numbers(input.name, elementCount(shape))] as const,
  );
  const metadata = {
    latent: mixture === undefined ? latent : latent + 1,
    format,
    classNames,
    classShares: Object.values(classShares),
    step: 0,
  };
  return encodeGenerator(method, new Map(values), metadata, mixture);
}
