import { AtelierError, internalError } from "../foundation/errors.ts";
import { input, type OnnxNetwork, type Tensor, transpose } from "../graph/index.ts";
import { type Body, recogniseBody } from "./architectures.ts";
import { channelAxis, type PixelSize } from "./network-file.ts";
import { isImageNetCount } from "./presets.ts";
import type { Wiring } from "./wiring.ts";

/** The input of a network that takes pictures. */
export interface PictureInput {
  readonly name: string;
  readonly channels: 1 | 3;
  /** The axis of the channels: 1, or 3 as Keras has it. */
  readonly channelAxis: 1 | 3;
  /** The size that the file fixes. */
  readonly size: PixelSize | undefined;
}

/** What there is in a network, for a size of pictures. */
export interface Survey {
  /** A picture as it goes in, [batch, channels, height, width]: an input called `image`. */
  readonly image: Tensor;
  /** The layer to take: the one that was named, what the classifier weighs, or the only output. Undefined: there is none. */
  readonly layer: string | undefined;
  /** The layer as it is computed from the picture, or why that is not possible. */
  readonly value: Tensor | AtelierError | undefined;
  /** The value that tells the classes apart, before a softmax, where it can be computed. */
  readonly logits: string | undefined;
  /** Columns of the classifier. */
  readonly classes: number | undefined;
  /** What the network is, by what lies below its classifier, or below the layer. */
  readonly body: Body | undefined;
}

/**
 * The one input of pictures that a layer, or else the outputs, are computed from.
 * @throws AtelierError (file) when there are others, or the input is not one of pictures in floating-point numbers.
 */
export function pictureInput(
  file: string,
  network: OnnxNetwork,
  wiring: Wiring,
  layer: string | undefined,
): PictureInput {
  const names =
    layer !== undefined && wiring.sourcesOf(layer).length > 0 ? [layer] : network.outputs.map(({ name }) => name);
  const sources = new Set(names.flatMap((name) => wiring.sourcesOf(name)));
  const ports = network.inputs.filter(({ name }) => sources.has(name));
  const [port] = ports;
  const shape = port?.shape;
  const axis = channelAxis(shape ?? []);
  const channels = shape === undefined ? 3 : (shape[axis] ?? 3);
  const hasForm = shape === undefined || shape.length === 4;
  if (
    port !== undefined &&
    ports.length === 1 &&
    hasForm &&
    (channels === 1 || channels === 3) &&
    port.numbers === "float"
  ) {
    const [height, width] = axis === 1 ? [shape?.[2], shape?.[3]] : [shape?.[1], shape?.[2]];
    const size = typeof height === "number" && typeof width === "number" ? { height, width } : undefined;
    return { name: port.name, channels, channelAxis: axis, size };
  }
  throw new AtelierError({
    kind: "file",
    where: file,
    expected:
      "a network with one input of pictures, [batch, 3, height, width] or [batch, height, width, 3] in floating-point numbers",
    ...otherInputs(ports, network),
  });
}

/** What a network takes that does not take one picture, and what to do then. */
function otherInputs(ports: OnnxNetwork["inputs"], { outputs }: OnnxNetwork) {
  const names = ports.map(({ name }) => name).join(" and ");
  const isPicture = ({ shape }: { readonly shape: readonly unknown[] | undefined }) => shape?.length === 4;
  if (ports.length > 1 && ports.every(isPicture)) {
    return {
      received:
        ports.length === 2
          ? `a network of two inputs, ${names}: it compares two pictures, or joins them`
          : `a network of ${ports.length} inputs of pictures, ${names}`,
      help: "name a layer that depends on one of them with --layer, or export the part that takes one picture",
    };
  }
  if (ports.length > 0 && !ports.some(isPicture) && outputs.some(isPicture)) {
    return {
      received: `a generator (input ${names})`,
      help: "features need a network that takes pictures, such as a classifier; to score a generator, name it without --features",
    };
  }
  const described = ports.map(({ name, shape, numbers }) => {
    const text = shape === undefined ? "of any shape" : `[${shape.map((one) => one ?? "?").join(", ")}]`;
    return `${name} ${text}${numbers === "float" ? "" : ` of ${numbers} numbers`}`;
  });
  return {
    received: described.length === 0 ? "no input that the outputs depend on" : described.join("; "),
    help: "features come from classifiers and encoders of pictures; export such a network in float32",
  };
}

/** A picture [batch, channels, height, width] as the network takes it. */
export function fed({ name, channelAxis: axis }: PictureInput, picture: Tensor): Readonly<Record<string, Tensor>> {
  return { [name]: axis === 3 ? transpose(picture, [0, 2, 3, 1]) : picture };
}

/** A value of the network as it is computed from a picture, or why that is not possible. */
function valueAt(
  network: OnnxNetwork,
  port: PictureInput,
  { image }: Pick<Survey, "image">,
  name: string,
): Tensor | AtelierError {
  try {
    const { [name]: value } = network.apply(fed(port, image), { outputs: [name] });
    if (value !== undefined) return value;
  } catch (error) {
    // Operators without a rule, or a fixed batch.
    if (error instanceof AtelierError) return error;
    throw error;
  }
  throw internalError("valueAt", `${name} is no value of ${network.name}`);
}

/**
 * Looks for the classifier of a network, and the layer below it, when it is given pictures of a size.
 * @param options where `layer` is the one that the user named.
 */
export function survey(
  network: OnnxNetwork,
  wiring: Wiring,
  port: PictureInput,
  { size, layer: named }: { readonly size: PixelSize; readonly layer: string | undefined },
): Survey {
  const image = input("image", ["batch", port.channels, size.height, size.width]);
  const value = (name: string) => valueAt(network, port, { image }, name);
  const outputs = network.outputs.filter(({ name }) => {
    const [source, other] = wiring.sourcesOf(name);
    return source === port.name && other === undefined;
  });
  const heads = outputs.flatMap(({ name, shape: declared }) => {
    const head = wiring.headOf(name);
    const logits = head && value(head.logits);
    if (head === undefined || logits === undefined) return [];
    const [first, columns, ...others] = logits instanceof AtelierError ? (declared ?? []) : logits.shape;
    const isRow = typeof columns === "number" && columns > 1 && others.every((one) => one === 1);
    // A batch that the file fixes can stand in the way of the logits, and not in that of the features.
    return isRow ? [{ ...head, columns, isOpen: first === "batch" }] : [];
  });
  const head = heads.find(({ columns }) => isImageNetCount(columns)) ?? heads[0];
  const lone = outputs.length === 1 ? outputs.map(({ name }) => name) : [];
  const candidates = head === undefined ? lone : wiring.sameNumbers(head.features);
  const tried = candidates.map((name) => ({ name, value: value(name) }));
  const usual = tried.flatMap(({ name, value: made }) => (isFeatures(made) ? [{ name, value: made }] : []))[0];
  const own = named !== undefined && wiring.has(named) ? { name: named, value: value(named) } : undefined;
  const taken = own ?? usual ?? tried[0];
  const usualBody = usual && recogniseBody(usual.value);
  // What is inside a network says what it is where its end does not.
  const inside = own === undefined || own.value instanceof AtelierError ? undefined : recogniseBody(own.value);
  return {
    image,
    layer: taken?.name,
    value: taken?.value,
    logits: head?.isOpen === true ? head.logits : undefined,
    classes: head?.columns,
    body: usualBody?.architecture === undefined ? (inside ?? usualBody) : usualBody,
  };
}

/** One row or one map an image. */
function isFeatures(value: Tensor | AtelierError): value is Tensor {
  return !(value instanceof AtelierError) && value.shape[0] === "batch" && [2, 4].includes(value.shape.length);
}
