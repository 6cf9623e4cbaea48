import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { z } from "zod";
import { AtelierError } from "../foundation/errors.ts";
import { constant, portable, simplify, type Tensor, writeOnnx } from "../graph/index.ts";
import { inferencePlayers, type Method, type Players } from "../methods/index.ts";
import type { ImageFormat } from "../models/index.ts";

/** What every file of a run's network says about itself. */
export interface NetworkMetadata {
  readonly format: ImageFormat;
  readonly classNames: readonly string[];
  /** Training steps behind it. */
  readonly step: number;
}

export const formatSchema = z.object({
  height: z.number(),
  width: z.number(),
  channels: z.union([z.literal(1), z.literal(3)]),
});

const METADATA_KEY = "atelier";

/** The networks of a method with fixed numbers. @param values of the averaged networks' variables, by name. */
export function fixedPlayers(
  { networks, averaged }: Pick<Method, "networks" | "averaged">,
  values: ReadonlyMap<string, Float32Array>,
): Players<string> {
  const weights = averaged
    .flatMap((name) => networks[name]?.variables ?? [])
    .map(({ input: { name }, shape }) => [name, constant(values.get(name) ?? new Float32Array(), shape)] as const);
  return inferencePlayers(networks, new Map(weights));
}

/**
 * A graph as an ONNX model that describes itself.
 * @param outputs one output, by name.
 * @param described further entries for programs that do not know Atelier.
 */
export function encodeNetwork(
  outputs: Readonly<Record<string, Tensor>>,
  metadata: NetworkMetadata,
  described: Readonly<Record<string, string>>,
): Uint8Array {
  const simple = simplify(Object.values(outputs));
  const named = Object.fromEntries(
    Object.entries(outputs).map(([name, output], index) => [name, simple[index] ?? output]),
  );
  const { height, width, channels } = metadata.format;
  const entries = {
    [METADATA_KEY]: JSON.stringify(metadata),
    ...described,
    image_size: `${width}x${height}x${channels}`,
    range: "-1..1",
    class_names: JSON.stringify(metadata.classNames),
  };
  return writeOnnx(named, { target: portable, metadata: entries }).bytes;
}

/**
 * What a network's file says about itself.
 * @param fault makes the error for bytes that are not such a file: what was received, in words, and why.
 */
export function readMetadata<T>(
  bytes: Uint8Array,
  schema: z.ZodType<T>,
  fault: (received: string, cause: unknown) => AtelierError,
): T {
  const text = readText(bytes, fault);
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  const foreign = parsed.error.issues.find(({ path }) => path[0] === "part")?.message;
  throw fault(foreign ?? `${bytes.length} bytes that are not one`, parsed.error);
}

function readText(bytes: Uint8Array, fault: (received: string, cause: unknown) => AtelierError): unknown {
  try {
    const model = fromBinary(ModelProtoSchema, bytes);
    const text = model.metadataProps.find(({ key }) => key === METADATA_KEY)?.value;
    if (text === undefined) throw new Error(`an ONNX model by "${model.producerName}" without Atelier's metadata`);
    return JSON.parse(text);
  } catch (cause) {
    const foreign = cause instanceof Error && cause.message.startsWith("an ONNX") ? cause.message : undefined;
    throw fault(foreign ?? `${bytes.length} bytes that are not one`, cause);
  }
}

/** The error for a file that is not a network of a run, of the usual file name, that can be used. */
export function damagedFile(path: string, usual: string, received: string, cause: unknown): AtelierError {
  return new AtelierError(
    {
      kind: "file",
      where: path,
      expected: `${/^[aeiou]/.test(usual) ? "an" : "a"} ${usual} that Atelier wrote`,
      received,
      help: `name the ${usual} of a run, or the run's folder`,
    },
    { cause },
  );
}
