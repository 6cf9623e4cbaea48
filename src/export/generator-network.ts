import { AtelierError } from "../foundation/errors.ts";
import { readNamedFile } from "../foundation/files.ts";
import { nearestName } from "../foundation/spelling.ts";
import { type Input, input, OnnxNetwork, type Tensor } from "../graph/index.ts";
import { type GeneratorMetadata, readGeneratorMetadata } from "./generator-file.ts";

/** A generator as a graph, which can be looked into and differentiated. */
export interface GeneratorNetwork {
  /** The file. */
  readonly path: string;
  readonly metadata: GeneratorMetadata;
  /** [batch, latent], an input called `latent`. */
  readonly latent: Input;
  /** Pictures [batch, channels, height, width] in [-1, 1] of vectors [batch, latent]. */
  readonly pictures: (vectors: Tensor) => Tensor;
  /** The values inside, in the order of the file, by the layers that compute them. */
  readonly layers: readonly GeneratorLayer[];
  /** A value inside, computed from {@link latent}. */
  readonly value: (name: string) => Tensor;
}

/** A layer of a generator, such as `generator/project`. */
export interface GeneratorLayer {
  readonly name: string;
  /** The last value that it computes: after its normalisation and activation. */
  readonly output: string;
  /** Whether it multiplies by weights. */
  readonly isWeighted: boolean;
}

const weighted: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** @throws AtelierError (usage) when there is no such file, (file) when it is not a generator of Atelier's. */
export async function readGeneratorNetwork(path: string): Promise<GeneratorNetwork> {
  const bytes = await readNamedFile(path, {
    expected: "a run's folder or a generator.onnx",
    absent: "nothing there",
    help: "check the path; `atelier train DATA` makes a run",
  });
  const metadata = readGeneratorMetadata(path, bytes);
  const network = OnnxNetwork.read(bytes, { name: path });
  const latent = input("latent", ["batch", metadata.latent]);
  return {
    path,
    metadata,
    latent,
    pictures: (vectors) => network.apply({ latent: vectors }, { outputs: ["images"] }).images,
    layers: layersOf(network),
    value: (name) => network.apply({ latent }, { outputs: [name] })[name] ?? latent,
  };
}

/** Values are called `NETWORK/LAYER/OPERATOR`; the picture itself is not inside. */
function layersOf(network: OnnxNetwork): readonly GeneratorLayer[] {
  const layers = new Map<string, GeneratorLayer>();
  for (const { name: output, operator } of network.values) {
    const name = output.slice(0, Math.max(0, output.lastIndexOf("/")));
    if (name === "") continue;
    const isWeighted = weighted.has(operator) || layers.get(name)?.isWeighted === true;
    layers.set(name, { name, output, isWeighted });
  }
  return [...layers.values()];
}

/**
 * The layer that is called so, with or without the network's name before it. Default: the first one of a network that
 * multiplies by weights, which for an image of any size gives the first feature maps.
 * @throws AtelierError (usage) when there is none.
 */
export function layerNamed({ layers }: GeneratorNetwork, name: string | undefined): GeneratorLayer {
  const inner = layers.filter(({ name: full }) => full.includes("/"));
  const found =
    name === undefined
      ? (inner.find(({ isWeighted }) => isWeighted) ?? layers.find(({ isWeighted }) => isWeighted))
      : layers.find(({ name: full }) => full === name || full.slice(full.indexOf("/") + 1) === name);
  if (found !== undefined) return found;
  const names = layers.map(({ name: full }) => full.slice(full.indexOf("/") + 1));
  const nearest = name === undefined ? undefined : nearestName(name, names);
  throw new AtelierError({
    kind: "usage",
    where: "--layer",
    expected: "latent, or a layer of the generator",
    received: name ?? "a generator without named layers",
    help: nearest === undefined ? `the layers are ${names.join(", ")}` : `did you mean ${nearest}?`,
  });
}
