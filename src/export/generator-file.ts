import { z } from "zod";
import { AtelierError } from "../foundation/errors.ts";
import { input } from "../graph/index.ts";
import { classInput, type GaussianMixture, type Method, mixtureCodes, mixtureConstants } from "../methods/index.ts";
import type { ImageFormat } from "../models/index.ts";
import { damagedFile, encodeNetwork, fixedPlayers, formatSchema, readMetadata } from "./network-file.ts";

/** What a generator's file says about itself, in the metadata of the ONNX model. */
export interface GeneratorMetadata {
  /** Size of the random vector, drawn from N(0, 1). */
  readonly latent: number;
  /**
   * How many of its first numbers choose between things in an order that means nothing: the 1 for the component of a mixture,
   * or all of them, for the codes of a VQ-VAE. Usually 0.
   */
  readonly choosing: number;
  readonly format: ImageFormat;
  /** Classes of the data it learned from. */
  readonly classNames: readonly string[];
  /**
   * Of generators that can be asked for a class the share of each, of sum 1, among the labels they learned from; otherwise
   * empty. Such a file has an input `class` besides.
   */
  readonly classShares: readonly number[];
  /** Training steps behind it. */
  readonly step: number;
}

const metadataSchema = z
  .object({
    /** Only other networks name theirs. */
    part: z.never({ error: "another network of a run, no generator" }).optional(),
    latent: z.number().int().positive(),
    choosing: z.number().int().min(0).default(0),
    format: formatSchema,
    classNames: z.array(z.string()),
    classShares: z.array(z.number().min(0)).default([]),
    step: z.number(),
  })
  .refine(({ classNames, classShares }) => classShares.length === 0 || classShares.length === classNames.length);

/**
 * A generator as an ONNX model: `latent` [batch, latent] -> `images` [batch, channels, height, width] in [-1, 1]; one that can
 * be asked for a class has a second input `class` [batch, classes], how much of each, of sum 1: 1 at the wanted one and 0
 * elsewhere. With an open batch dimension, stored batch-norm statistics, and only standard operators.
 * @param values numbers of the variables of the method's averaged networks, by name.
 * @param mixture that codes are drawn from, where the method asks for one.
 */
export function encodeGenerator(
  method: Pick<Method, "networks" | "averaged" | "sample" | "isDiscrete" | "classes">,
  values: ReadonlyMap<string, Float32Array>,
  metadata: Omit<GeneratorMetadata, "choosing">,
  mixture?: GaussianMixture,
): Uint8Array {
  const latent = input("latent", ["batch", metadata.latent]);
  const classes = classInput(method);
  const codes = mixture === undefined ? latent : mixtureCodes(latent, mixtureConstants(mixture), classes);
  const images = method.sample(codes, fixedPlayers(method, values), classes);
  const choosing = method.isDiscrete === true ? metadata.latent : mixture === undefined ? 0 : 1;
  const described: GeneratorMetadata = { ...metadata, choosing };
  return encodeNetwork({ images }, described, { latent_size: String(metadata.latent) });
}

/**
 * What a generator's file says about itself.
 * @throws AtelierError (file) when the bytes are not a generator that Atelier wrote.
 */
export function readGeneratorMetadata(path: string, bytes: Uint8Array): GeneratorMetadata {
  return readMetadata(bytes, metadataSchema, (received, cause) => damagedModel(path, received, cause));
}

/**
 * What moves the vector, or keeps it near the middle, makes sense only where pictures change smoothly with it.
 * @param where what asks for that.
 * @throws AtelierError (usage) for a generator all of whose numbers choose codes.
 */
export function assertSmooth({ latent, choosing }: GeneratorMetadata, where: string): void {
  if (choosing < latent) return;
  throw new AtelierError({
    kind: "usage",
    where,
    expected: "a generator whose pictures change smoothly with the vector",
    received: "one of a VQ-VAE, whose numbers choose codes in an order that means nothing",
    help: "`atelier generate` with another --seed makes other pictures; `atelier reconstruct` encodes images",
  });
}

/** The error for a file that is not a generator that can be used. */
export function damagedModel(path: string, received: string, cause: unknown): AtelierError {
  return damagedFile(path, "generator.onnx", received, cause);
}
