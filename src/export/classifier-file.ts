import { z } from "zod";
import type { AtelierError } from "../foundation/errors.ts";
import { input, softmax } from "../graph/index.ts";
import type { Method } from "../methods/index.ts";
import {
  damagedFile,
  encodeNetwork,
  fixedPlayers,
  formatSchema,
  type NetworkMetadata,
  readMetadata,
} from "./network-file.ts";

/** What the file of a classifier says about itself, in the metadata of the ONNX model. */
export interface ClassifierMetadata extends NetworkMetadata {
  readonly part: "classifier";
}

const metadataSchema = z.object({
  part: z.literal("classifier", { error: "another network of a run, no classifier" }),
  format: formatSchema,
  classNames: z.array(z.string()).min(2),
  step: z.number(),
});

/**
 * The averaged classifier of a method as an ONNX model with an open batch dimension: `images` [batch, channels, height, width]
 * in [-1, 1] -> `probabilities` [batch, classes], of sum 1.
 * @param values numbers of the variables of the method's averaged networks, by name.
 * @returns undefined for a method that learns no classes.
 */
export function encodeClassifier(
  method: Pick<Method, "networks" | "averaged" | "classes">,
  values: ReadonlyMap<string, Float32Array>,
  metadata: NetworkMetadata,
): Uint8Array | undefined {
  const { classes } = method;
  if (classes === undefined) return undefined;
  const { channels, height, width } = metadata.format;
  const images = input("images", ["batch", channels, height, width]);
  const probabilities = softmax(classes.classify(images, fixedPlayers(method, values)), 1);
  const about: ClassifierMetadata = { part: "classifier", ...metadata };
  return encodeNetwork({ probabilities }, about, { classes: String(classes.count) });
}

/**
 * What a classifier's file says about itself.
 * @throws AtelierError (file) when the bytes are no classifier that Atelier wrote.
 */
export function readClassifierMetadata(path: string, bytes: Uint8Array): ClassifierMetadata {
  return readMetadata(bytes, metadataSchema, (received, cause) => damagedClassifier(path, received, cause));
}

/** The error for a file that is not a classifier that can be used. */
export function damagedClassifier(path: string, received: string, cause: unknown): AtelierError {
  return damagedFile(path, "classifier.onnx", received, cause);
}
