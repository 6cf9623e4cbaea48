import { z } from "zod";
import type { AtelierError } from "../foundation/errors.ts";
import { input } from "../graph/index.ts";
import type { Method } from "../methods/index.ts";
import {
  damagedFile,
  encodeNetwork,
  fixedPlayers,
  formatSchema,
  type NetworkMetadata,
  readMetadata,
} from "./network-file.ts";

const parts = ["encoder", "decoder"] as const;

/** The two networks of a method that reconstructs images. */
export type CoderPart = (typeof parts)[number];

/** What the file of an encoder or decoder says about itself, in the metadata of the ONNX model. */
export interface CoderMetadata extends NetworkMetadata {
  readonly part: CoderPart;
  /** Numbers of a code. */
  readonly latent: number;
}

/**
 * The averaged encoder and decoder of a method as ONNX models with open batch dimensions: `images` [batch, channels, height,
 * width] in [-1, 1] -> `codes` [batch, latent], and back.
 * @param values numbers of the variables of the method's averaged networks, by name.
 * @returns undefined for a method that cannot reconstruct images.
 */
export function encodeCoders(
  method: Pick<Method, "networks" | "averaged" | "coding">,
  values: ReadonlyMap<string, Float32Array>,
  metadata: NetworkMetadata,
): Readonly<Record<CoderPart, Uint8Array>> | undefined {
  const { coding } = method;
  if (coding === undefined) return undefined;
  const { channels, height, width } = metadata.format;
  const players = fixedPlayers(method, values);
  const codes = coding.encode(input("images", ["batch", channels, height, width]), players);
  const latent = Number(codes.shape[1]);
  const images = coding.decode(input("codes", ["batch", latent]), players);
  const about = (part: CoderPart): CoderMetadata => ({ part, latent, ...metadata });
  const described = { latent_size: String(latent) };
  return {
    encoder: encodeNetwork({ codes }, about("encoder"), described),
    decoder: encodeNetwork({ images }, about("decoder"), described),
  };
}

const metadataSchema = z.object({
  part: z.enum(parts),
  latent: z.number().int().positive(),
  format: formatSchema,
  classNames: z.array(z.string()),
  step: z.number(),
});

/**
 * What an encoder's or decoder's file says about itself.
 * @throws AtelierError (file) when the bytes are no such network that Atelier wrote.
 */
export function readCoderMetadata(path: string, bytes: Uint8Array, part: CoderPart): CoderMetadata {
  const schema = metadataSchema.extend({ part: z.literal(part, { error: `another network of a run, no ${part}` }) });
  return readMetadata(bytes, schema, (received, cause) => damagedCoder(path, part, received, cause));
}

/** The error for a file that is not an encoder or decoder that can be used. */
export function damagedCoder(path: string, part: CoderPart, received: string, cause: unknown): AtelierError {
  return damagedFile(path, `${part}.onnx`, received, cause);
}
