import type { PixelFormat } from "../data/index.ts";
import { AtelierError, internalError } from "../foundation/errors.ts";
import { add, input, multiply, type OnnxNetwork, type Tensor } from "../graph/index.ts";
import { assertLayer } from "./layers.ts";
import { type NetworkFile, readNetworkFile } from "./network-file.ts";
import { conventional, conventionInWords } from "./pixel-convention.ts";
import { pixelsFor } from "./pixels.ts";
import { type RecognisedPixels, recognisePixels } from "./recognise.ts";
import { fed, type PictureInput, pictureInput, survey } from "./survey.ts";
import { Wiring } from "./wiring.ts";

export interface TappedNetworkOptions {
  /** The pictures that it is shown. */
  readonly format: PixelFormat;
  /** How pixels are made ready: one of `presetNames`. Default: as the file shows, where it leaves no doubt. */
  readonly preset?: string | undefined;
  /** Values inside the file. Default: the last map of each size that pictures have on their way, of the four largest. */
  readonly layers?: readonly string[] | undefined;
  /** What the user names the file, the preset and the layers by, for messages. */
  readonly keys: { readonly file: string; readonly preset: string; readonly layers: string };
}

/** A pretrained network of the user's whose inside is looked at, as a part of a larger graph. */
export interface TappedNetwork {
  /** Of the file. */
  readonly sha256: string;
  /** What the file was taken for, how pictures are made ready, and which layers are looked at: for the user to read. */
  readonly recognised: string;
  /** Pictures [batch, channels, height, width] in [-1, 1] -> what each layer sees in them. Gradients flow to the pictures. */
  readonly see: (pictures: Tensor) => readonly Tensor[];
}

/** Layers that are looked at where none are named. */
const MOST_LAYERS = 4;

/**
 * Opens an ONNX file to look at its layers. Pictures keep their size: layers below a dense one take any.
 * @throws AtelierError (usage) when the file or a layer is not there, or it cannot be known how the network wants its
 * pixels; (file) when it is no network of pictures, or none of its layers can be computed from pictures of this size.
 */
export async function openTappedNetwork(file: string, options: TappedNetworkOptions): Promise<TappedNetwork> {
  try {
    return await opened(file, options);
  } catch (cause) {
    throw cause instanceof AtelierError ? inUsersWords(cause, options.keys) : cause;
  }
}

async function opened(file: string, options: TappedNetworkOptions): Promise<TappedNetwork> {
  const { format, keys } = options;
  const { height, width } = format;
  const asFiled = await readNetworkFile(file, undefined, keys.file);
  const pixels = recognised(file, asFiled, options);
  // A second time where the file fixes another size than that of the pictures.
  const hasSize = asFiled.network.inputs.some(({ shape }) => typeof shape?.[2] === "number");
  const { network, sha256 } = hasSize ? await readNetworkFile(file, { height, width }, keys.file) : asFiled;
  const wiring = new Wiring(network);
  const port = pictureInput(file, network, wiring, options.layers?.[0]);
  const layers = options.layers ?? lastMaps(file, network, wiring, port, format);
  for (const layer of layers) assertLayer(file, layer, wiring, () => "");
  const see = (pictures: Tensor) => {
    const shown = pixelsFor(multiply(add(pictures, 1), 255 / 2), format, { ...format, channels: port.channels });
    const values = network.apply(fed(port, conventional(shown, pixels.convention)), { outputs: layers });
    return layers.flatMap((layer) => values[layer] ?? []);
  };
  return {
    sha256,
    see,
    recognised: `${pixels.recognised}: ${conventionInWords(pixels.convention, port.channels)}; layers ${layers.join(", ")}`,
  };
}

/** Sizes that networks are looked at in to see what they are: most were made for the first, Inception-v3 for the second. */
const usualSides = [224, 299];

/** What the file holds, and how it wants its pixels. */
function recognised(
  file: string,
  { network, producer }: NetworkFile,
  { preset, layers }: TappedNetworkOptions,
): RecognisedPixels {
  const wiring = new Wiring(network);
  const port = pictureInput(file, network, wiring, layers?.[0]);
  const sizes = port.size === undefined ? usualSides.map((side) => ({ height: side, width: side })) : [port.size];
  const surveys = sizes.map((size) => survey(network, wiring, port, { size, layer: undefined }));
  const fitting = surveys.find(({ value }) => !(value instanceof AtelierError)) ?? surveys[0];
  if (fitting === undefined) throw internalError("recognised", "no size was tried");
  const parameters = network.parameters.map(({ name }) => name);
  return recognisePixels(file, { ...fitting, channels: port.channels, producer, parameters }, { preset });
}

/** What moves numbers without looking at them. */
const moving: ReadonlySet<string> = new Set(["Transpose", "Reshape", "Pad", "Identity", "Dropout"]);

/** The last map of each size, from the largest size down: most often what the next pooling sees. */
function lastMaps(
  file: string,
  network: OnnxNetwork,
  wiring: Wiring,
  port: PictureInput,
  { height, width }: PixelFormat,
): readonly string[] {
  const names = wiring.layers().filter((name) => !moving.has(wiring.operatorOf(name)));
  const shown = fed(port, input("pictures", ["batch", port.channels, height, width]));
  const computed = (count: number): Readonly<Record<string, Tensor>> | AtelierError => {
    try {
      return network.apply(shown, { outputs: names.slice(0, count) });
    } catch (cause) {
      // Of a dense layer that was made for another size, or operators without a rule.
      if (cause instanceof AtelierError) return cause;
      throw cause;
    }
  };
  // Values are in the order in which they are computed: up to some place all of them can be.
  let [possible, all] = [0, names.length];
  while (possible < all) {
    const half = Math.ceil((possible + all) / 2);
    if (computed(half) instanceof AtelierError) all = half - 1;
    else possible = half;
  }
  const values = computed(possible);
  const last = new Map<number, string>();
  for (const [name, { shape }] of Object.entries(values instanceof AtelierError ? {} : values)) {
    const [batch, , rows, columns] = shape;
    const pixels = Number(rows) * Number(columns);
    if (batch === "batch" && shape.length === 4 && pixels > 1) last.set(pixels, name);
  }
  const sizes = [...last.keys()].sort((one, other) => other - one).slice(0, MOST_LAYERS);
  if (sizes.length > 0) return sizes.flatMap((size) => last.get(size) ?? []);
  throw new AtelierError({
    kind: "file",
    where: file,
    expected: `a network with maps of pictures of ${width}x${height} pixels`,
    received: "none that can be computed",
    help: "most convolutional networks have some; this one fits no pictures of this size, or uses operators that are not known",
  });
}

/** An error that speaks of flags, for a user who writes keys. */
function inUsersWords(cause: AtelierError, keys: TappedNetworkOptions["keys"]): AtelierError {
  const worded = (text: string) =>
    text
      .replaceAll(/--preset (?=[\w-])/g, keys.preset.startsWith("--") ? `${keys.preset} ` : `--set ${keys.preset}=`)
      .replaceAll("--preset", keys.preset)
      .replaceAll("--layer", keys.layers);
  const { details } = cause;
  return new AtelierError({ ...details, where: worded(details.where), help: worded(details.help) }, { cause });
}
