import { AtelierError } from "../foundation/errors.ts";
import { readNamedFile } from "../foundation/files.ts";
import { nearestName } from "../foundation/spelling.ts";
import { input, OnnxNetwork, type Tensor } from "../graph/index.ts";
import { classesOf } from "./asked-classes.ts";
import { type GeneratorMetadata, readGeneratorMetadata } from "./generator-file.ts";

/** A generator as a graph, which can be looked into and differentiated. */
export interface GeneratorNetwork {
  /** The file. */
  readonly path: string;
  readonly metadata: GeneratorMetadata;
  /**
   * Pictures [batch, channels, height, width] in [-1, 1] of vectors [batch, latent], and, of a generator that can be asked for
   * a class, of how much of each class is asked for, [batch, classes].
   */
  readonly pictures: (vectors: Tensor, classes?: Tensor) => Tensor;
  /** The values inside, in the order of the file, by the layers that compute them. */
  readonly layers: readonly GeneratorLayer[];
  /** A value inside, computed from inputs called `latent` [batch, latent] and `class` [batch, classes]. */
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
  const asked = classesOf(metadata).length;
  const inputs = { latent, ...(asked > 0 && { class: input("class", ["batch", asked]) }) };
  return {
    path,
    metadata,
    pictures: (vectors, classes) =>
      network.apply({ latent: vectors, ...(classes && { class: classes }) }, { outputs: ["images"] }).images,
    layers: layersOf(network),
    value: (name) => network.apply(inputs, { outputs: [name] })[name] ?? latent,
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
 * The layers that are looked at unless one is named: those that multiply by weights, which for an image of any size begin with
 * the one that gives the first feature maps, or before it the one that says what a class is.
 */
export function usualLayers({ layers }: GeneratorNetwork): readonly GeneratorLayer[] {
  const weighing = layers.filter(({ isWeighted }) => isWeighted);
  const inner = weighing.filter(({ name }) => name.includes("/"));
  return inner.length > 0 ? inner : weighing;
}

/**
 * The layer that is called so, with or without the network's name before it.
 * @throws AtelierError (usage) when there is none.
 */
export function layerNamed({ layers }: GeneratorNetwork, name: string): GeneratorLayer {
  const found = layers.find(({ name: full }) => full === name || full.slice(full.indexOf("/") + 1) === name);
  if (found !== undefined) return found;
  const names = layers.map(({ name: full }) => full.slice(full.indexOf("/") + 1));
  const nearest = nearestName(name, names);
  throw new AtelierError({
    kind: "usage",
    where: "--layer",
    expected: "latent, or a layer of the generator",
    received: name,
    help: nearest === undefined ? `the layers are ${names.join(", ")}` : `did you mean ${nearest}?`,
  });
}
