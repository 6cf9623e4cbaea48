import type { PixelFormat } from "../data/index.ts";
import { internalError } from "../foundation/errors.ts";
import { formatShape, input, type Tensor, toFloat } from "../graph/index.ts";
import { type Held, Session, type SessionOptions } from "../runtime/index.ts";
import type { Extraction, ExtractorIdentity, FeatureExtractor } from "./extractor.ts";
import { pixelsFor, resizeInWords } from "./pixels.ts";

/** What a network makes of a batch of images. */
export interface ExtractorGraph {
  /** [batch, features] */
  readonly features: Tensor;
  /** [batch, classes]; there for classifiers. */
  readonly logits?: Tensor;
}

export interface SessionExtractorOptions {
  /** The images it will be given. */
  readonly format: PixelFormat;
  /** What the network is given; see `pixelsFor` for how images are brought to it. */
  readonly input: PixelFormat;
  /** The network as a graph, from pixels in float32, 0…255, [batch, input.channels, input.height, input.width]. */
  readonly network: (pixels: Tensor) => ExtractorGraph;
  /** All that is known before the graph is built. */
  readonly identity: Omit<ExtractorIdentity, "features" | "input" | "resize">;
  /** What the logits stand for. */
  readonly classes?: FeatureExtractor["classes"];
  /** Default: on the CPU, with as many threads as there are cores. */
  readonly session?: Partial<SessionOptions>;
}

/**
 * An extractor that is one compiled graph, from the bytes of images to features.
 * @throws AtelierError (device) as `Session.compile`.
 */
export async function openSessionExtractor(options: SessionExtractorOptions): Promise<FeatureExtractor> {
  const { format, input: wanted, network, identity, classes, session: sessionOptions } = options;
  const images = input("images", ["batch", format.channels, format.height, format.width], "uint8");
  const graph = network(pixelsFor(toFloat(images), format, wanted));
  const features = rowLength("features", graph.features);
  if (graph.logits !== undefined) rowLength("logits", graph.logits);
  const session = await Session.compile({ ...graph }, { device: "cpu", ...sessionOptions });
  return {
    identity: { ...identity, features, input: wanted, resize: resizeInWords(format, wanted) },
    format,
    ...(classes !== undefined && { classes }),
    extract: async (pixels, count) => extraction(await session.run({ images: pixels }, undefined, count)),
    release: () => session.release(),
  };
}

function extraction(results: ReadonlyMap<string, Held>): Extraction {
  const features = results.get("features")?.floats();
  const logits = results.get("logits")?.floats();
  if (features === undefined) throw internalError("extract", "the session gave no features");
  return { features, ...(logits !== undefined && { logits }) };
}

/** Numbers an image, of a value [batch, numbers]. */
function rowLength(name: string, { shape }: Tensor): number {
  const [batch, length] = shape;
  if (shape.length === 2 && batch === "batch" && typeof length === "number") return length;
  throw internalError("openSessionExtractor", `${name} of shape ${formatShape(shape)}, not [batch, ${name}]`);
}
