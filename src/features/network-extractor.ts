import { basename } from "node:path";
import type { PixelFormat } from "../data/index.ts";
import { AtelierError, internalError } from "../foundation/errors.ts";
import { formatShape, type OnnxNetwork, reshape, type Tensor } from "../graph/index.ts";
import type { SessionOptions } from "../runtime/index.ts";
import type { FeatureExtractor } from "./extractor.ts";
import { asFeatures, assertLayer } from "./layers.ts";
import { type NetworkFile, type PixelSize, readNetworkFile } from "./network-file.ts";
import { conventional, conventionInWords, type PixelConvention } from "./pixel-convention.ts";
import { isImageNetCount } from "./presets.ts";
import { recognisePixels } from "./recognise.ts";
import { openSessionExtractor } from "./session-extractor.ts";
import { fed, pictureInput, type Survey, survey } from "./survey.ts";
import { Wiring } from "./wiring.ts";

export interface NetworkExtractorOptions {
  /** The images that it is given. */
  readonly format: PixelFormat;
  /** How pixels are made ready: one of `presetNames`. Default: as the file shows, where it leaves no doubt. */
  readonly preset?: string | undefined;
  /** The value inside the file to take. Default: what the classifier at its end weighs. */
  readonly layer?: string | undefined;
  /** What pictures are scaled to, in pixels. Default: the size that the file fixes, or that of the preset. */
  readonly size?: number | PixelSize | undefined;
  /** How the file's input wants its pixels, in place of a preset. */
  readonly pixels?: PixelConvention | undefined;
  /**
   * What named the file, for messages: `--features`, or a key of a configuration, which has none of the flags that stand
   * beside `--features`. Default: `--features`.
   */
  readonly where?: string | undefined;
  /** Default: on the CPU, with as many threads as there are cores. */
  readonly session?: Partial<SessionOptions> | undefined;
}

export interface NetworkExtractor extends FeatureExtractor {
  /** What the file was taken for and why, how pictures are made ready, and which layer is taken: for the user to read. */
  readonly recognised: string;
}

/** Pixels of a side that a network may be given. */
const LARGEST = 4096;
const FLAG = "--features";

/**
 * Opens a pretrained network of the user's, an ONNX file, as a frozen feature extractor.
 * @throws AtelierError (usage) when the file or the layer is not there, or it cannot be known how the network wants its
 * pixels; (file) when the file is no ONNX model, needs operators that have no rule, or is no network of pictures.
 */
export async function openNetworkExtractor(file: string, options: NetworkExtractorOptions): Promise<NetworkExtractor> {
  const { size, where = FLAG } = options;
  const chosen = typeof size === "number" ? square(size) : size;
  if (chosen !== undefined) assertSize(chosen);
  const found = await readNetworkFile(file, chosen, where);
  try {
    return await openNetwork(file, found, chosen, options);
  } catch (error) {
    const asksForFlag = error instanceof AtelierError && error.details.kind === "usage" && where !== FLAG;
    throw asksForFlag ? withoutFlags(error, where, file) : error;
  }
}

async function openNetwork(
  file: string,
  { network, producer, sha256, fixedBatch }: NetworkFile,
  chosen: PixelSize | undefined,
  options: NetworkExtractorOptions,
): Promise<NetworkExtractor> {
  const { format, layer, session } = options;
  const wiring = new Wiring(network);
  const shapeOf = (name: string) => shapeInWords(file, network, wiring, name, chosen);
  if (layer !== undefined) assertLayer(file, layer, wiring, shapeOf);
  const port = pictureInput(file, network, wiring, layer);
  const surveyAt = (size: PixelSize) => survey(network, wiring, port, { size, layer });
  const fixed = chosen ?? port.size;
  const found = fixed === undefined ? surveyOpen(surveyAt) : surveyAt(fixed);
  const { layer: taken, value } = found;
  if (taken === undefined || value === undefined) throw noLayer(file, network);
  if (value instanceof AtelierError) throw fixedBatch === undefined ? value : fixedBatchError(file, fixedBatch, value);
  asFeatures(file, taken, value);
  const parameters = network.parameters.map(({ name }) => name);
  const pixels = recognisePixels(file, { ...found, channels: port.channels, producer, parameters }, options);

  const size = fixed ?? square(pixels.size);
  const { image, logits, classes, body } = surveyAt(size);
  const isImageNet = isImageNetCount(classes) && body?.architecture !== undefined;
  const wanted = isImageNet && logits !== undefined ? [taken, logits] : [taken];
  const build = (picture: Tensor) => {
    const values = network.apply(fed(port, conventional(picture, pixels.convention)), { outputs: wanted });
    const [row, scores] = wanted.map((name) => values[name]);
    if (row === undefined) throw internalError("openNetworkExtractor", `${taken} was not computed`);
    const { inWords, features } = asFeatures(file, taken, row);
    return { inWords, graph: { features, ...(scores !== undefined && { logits: asRows(scores) }) } };
  };
  const { inWords } = build(image);
  const extractor = await openSessionExtractor({
    format,
    input: { channels: port.channels, ...size },
    network: (picture) => build(picture).graph,
    identity: {
      kind: "network",
      name: basename(file),
      sha256,
      layer: inWords,
      pixels: conventionInWords(pixels.convention, port.channels),
    },
    ...(wanted.length > 1 && { classes: "imagenet" as const }),
    ...(session !== undefined && { session }),
  });
  const { features, pixels: form } = extractor.identity;
  const noLogits = logits === undefined ? "no logits, for the file fixes its batch" : "logits of ImageNet's classes";
  return {
    ...extractor,
    recognised: [
      `${pixels.recognised}: ${size.height} x ${size.width} pixels, ${form}`,
      `layer ${inWords}: ${features} numbers`,
      ...(isImageNet ? [noLogits] : []),
    ].join("; "),
  };
}

/** Dense layers at the end of a network fit one size only, and that of Inception is not that of the others. */
function surveyOpen(surveyAt: (size: PixelSize) => Survey): Survey {
  const usual = surveyAt(square(224));
  if (!(usual.value instanceof AtelierError)) return usual;
  const larger = surveyAt(square(299));
  return larger.value instanceof AtelierError ? usual : larger;
}

function square(side: number): PixelSize {
  return { height: side, width: side };
}

/** Logits without the axes of one pixel that a classifying convolution leaves. */
function asRows(logits: Tensor): Tensor {
  return reshape(logits, ["batch", logits.shape.slice(1).reduce<number>((count, size) => count * Number(size), 1)]);
}

/** The shape of a layer in the help of an error; empty where it has none that can be known. */
function shapeInWords(file: string, network: OnnxNetwork, wiring: Wiring, name: string, chosen: PixelSize | undefined) {
  try {
    const port = pictureInput(file, network, wiring, name);
    const found = survey(network, wiring, port, { size: chosen ?? port.size ?? square(224), layer: name });
    return found.value === undefined || found.value instanceof AtelierError ? "" : formatShape(found.value.shape);
  } catch (error) {
    // A layer that is computed from several inputs.
    if (error instanceof AtelierError) return "";
    throw error;
  }
}

/** A configuration names the file alone, so flags are no way out there. */
function withoutFlags(cause: AtelierError, where: string, file: string): AtelierError {
  const { kind, expected, received } = cause.details;
  const help = `name a file that says all of itself here, or none, and score the finished run with ${FLAG} ${file}, which takes --preset and --layer`;
  return new AtelierError({ kind, where: `${where}: ${file}`, expected, received, help }, { cause });
}

function assertSize({ height, width }: PixelSize): void {
  if ([height, width].every((side) => Number.isInteger(side) && side >= 1 && side <= LARGEST)) return;
  throw new AtelierError({
    kind: "usage",
    where: "--feature-size",
    expected: `a whole number of pixels, 1 to ${LARGEST}`,
    received: height === width ? String(height) : `${height} x ${width}`,
    help: "most networks were made for 224, Inception-v3 for 299",
  });
}

function fixedBatchError(file: string, batch: number, cause: AtelierError): AtelierError {
  const { where, expected, received } = cause.details;
  return new AtelierError(
    {
      kind: "file",
      where: file,
      expected: "a network that takes any number of pictures at once",
      received: `one for ${batch}, which stays so (${where}: expected ${expected}, received ${received})`,
      help: "export it with an open batch size (in PyTorch: dynamic_axes or dynamic_shapes), or name a layer before that one with --layer",
    },
    { cause },
  );
}

function noLayer(file: string, { outputs }: OnnxNetwork): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: `${file}: --layer`,
    expected: "a classifier, or a network with one output of one row or map an image",
    received: `the outputs ${outputs.map(({ name }) => name).join(", ")}, of which none is what a classifier gives`,
    help: "name the value to take as features with --layer",
  });
}
