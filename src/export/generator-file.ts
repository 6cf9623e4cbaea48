import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { z } from "zod";
import { AtelierError } from "../foundation/errors.ts";
import { constant, input, portable, simplify, writeOnnx } from "../graph/index.ts";
import { inferencePlayers, type Method } from "../methods/index.ts";
import type { ImageFormat } from "../models/index.ts";

/** What a generator's file says about itself, in the metadata of the ONNX model. */
export interface GeneratorMetadata {
  /** Size of the random vector, drawn from N(0, 1). */
  readonly latent: number;
  readonly format: ImageFormat;
  /** Classes of the data it learned from; it cannot be asked for one unless it has a class input. */
  readonly classNames: readonly string[];
  /** Training steps behind it. */
  readonly step: number;
}

const METADATA_KEY = "atelier";

const metadataSchema = z.object({
  latent: z.number().int().positive(),
  format: z.object({ height: z.number(), width: z.number(), channels: z.union([z.literal(1), z.literal(3)]) }),
  classNames: z.array(z.string()),
  step: z.number(),
});

/**
 * A generator as an ONNX model: `latent` [batch, latent] -> `images` [batch, channels, height, width] in [-1, 1], with an
 * open batch dimension, stored batch-norm statistics, and only standard operators.
 * @param values numbers of the variables of the method's averaged networks, by name.
 */
export function encodeGenerator(
  method: Pick<Method, "networks" | "averaged" | "sample">,
  values: ReadonlyMap<string, Float32Array>,
  metadata: GeneratorMetadata,
): Uint8Array {
  const networks = method.averaged.flatMap((name) => method.networks[name] ?? []);
  const weights = new Map(
    networks
      .flatMap(({ variables }) => variables)
      .map(({ input: { name }, shape }) => [name, constant(values.get(name) ?? new Float32Array(), shape)]),
  );
  const latent = input("latent", ["batch", metadata.latent]);
  const output = method.sample(latent, inferencePlayers(method.networks, weights));
  const [images = output] = simplify([output]);
  const { height, width, channels } = metadata.format;
  const described = {
    [METADATA_KEY]: JSON.stringify(metadata),
    latent_size: String(metadata.latent),
    image_size: `${width}x${height}x${channels}`,
    range: "-1..1",
    class_names: JSON.stringify(metadata.classNames),
  };
  return writeOnnx({ images }, { target: portable, metadata: described }).bytes;
}

/**
 * What a generator's file says about itself.
 * @throws AtelierError (file) when the bytes are not an ONNX model that Atelier wrote.
 */
export function readGeneratorMetadata(path: string, bytes: Uint8Array): GeneratorMetadata {
  try {
    const model = fromBinary(ModelProtoSchema, bytes);
    const text = model.metadataProps.find(({ key }) => key === METADATA_KEY)?.value;
    if (text === undefined) throw new Error(`an ONNX model by "${model.producerName}" without Atelier's metadata`);
    return metadataSchema.parse(JSON.parse(text));
  } catch (cause) {
    const foreign = cause instanceof Error && cause.message.startsWith("an ONNX") ? cause.message : undefined;
    throw damagedModel(path, foreign ?? `${bytes.length} bytes that are not one`, cause);
  }
}

/** The error for a file that is not a generator that can be used. */
export function damagedModel(path: string, received: string, cause: unknown): AtelierError {
  return new AtelierError(
    {
      kind: "file",
      where: path,
      expected: "a generator.onnx that Atelier wrote",
      received,
      help: "name the generator.onnx of a run, or the run's folder",
    },
    { cause },
  );
}
