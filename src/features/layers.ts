import leven from "leven";
import { AtelierError } from "../foundation/errors.ts";
import { formatShape, mean, reshape, type Tensor } from "../graph/index.ts";
import type { Wiring } from "./wiring.ts";

/** A value of a network as features. */
export interface Layer {
  /** As in the file, with what was done to it: `relu7, mean over space`. */
  readonly inWords: string;
  /** [batch, features] */
  readonly features: Tensor;
}

const SHOWN = 5;

/**
 * The features that a value of a network gives: itself, or its mean over space where it is a map.
 * @param value [batch, features], or a map, [batch, channels, height, width] or with its channels last.
 * @throws AtelierError (usage) when it has another form.
 */
export function asFeatures(where: string, name: string, value: Tensor): Layer {
  const { shape } = value;
  const [batch, ...sizes] = shape;
  if (batch !== "batch" || value.dtype !== "float32" || (sizes.length !== 1 && sizes.length !== 3)) {
    throw new AtelierError({
      kind: "usage",
      where: `${where}: layer "${name}"`,
      expected: "[batch, features] or [batch, channels, height, width] in floating-point numbers",
      received: `${value.dtype} ${formatShape(shape)}`,
      help:
        batch === "batch"
          ? "name another layer with --layer"
          : "name a layer with one row an image, or export the network with an open batch size (in PyTorch: dynamic_axes)",
    });
  }
  if (sizes.length === 1) return { inWords: name, features: value };
  const space = hasChannelsLast(value) ? [1, 2] : [2, 3];
  const count = sizes.reduce<number>((product, size) => product * Number(size), 1);
  const pixels = space.reduce((product, axis) => product * Number(shape[axis]), 1);
  if (pixels === 1) return { inWords: name, features: reshape(value, ["batch", count]) };
  return { inWords: `${name}, mean over space`, features: reshape(mean(value, space), ["batch", count / pixels]) };
}

/** Maps have their channels first, as convolutions give them, until they are turned. */
function hasChannelsLast(map: Tensor): boolean {
  let at: Tensor | undefined = map;
  while (at?.kind === "computed") {
    const { name, attributes } = at.operation;
    if (name === "transpose") return String(attributes["order"]) === "0,2,3,1";
    if (name === "conv2d") return false;
    at = at.inputs.find(({ shape }) => shape.length === 4 && shape[0] === "batch");
  }
  return false;
}

/**
 * A layer that the user named is there and depends on one input only.
 * @throws AtelierError (usage) with the layers whose names are nearest, or the last ones where none is near.
 */
export function assertLayer(where: string, name: string, wiring: Wiring, shapeOf: (name: string) => string): void {
  if (!wiring.has(name)) {
    const layers = wiring.layers();
    const near = nearNames(name, layers).slice(0, SHOWN);
    const described = (names: readonly string[]) =>
      names.map((layer) => `${layer} ${shapeOf(layer)}`.trimEnd()).join("; ");
    const some =
      near.length > 0
        ? `the nearest names are ${described(near)}`
        : `no name is near; the last layers are ${described(layers.slice(-SHOWN))}`;
    const all = layers.length > SHOWN ? `; Netron (netron.app) shows all ${layers.length}` : "";
    throw new AtelierError({
      kind: "usage",
      where: `${where}: --layer`,
      expected: "the name of a value inside the network",
      received: `"${name}"`,
      help: `${some}${all}`,
    });
  }
  if (wiring.sourcesOf(name).length > 0) return;
  throw new AtelierError({
    kind: "usage",
    where: `${where}: --layer`,
    expected: "a layer that depends on the picture",
    received: `"${name}" (${wiring.operatorOf(name)}), which is the same for all pictures`,
    help: "name another layer with --layer",
  });
}

/** Names that are near, the nearest first: those that contain what is looked for, then those with few other letters. */
function nearNames(wanted: string, names: readonly string[]): readonly string[] {
  const text = wanted.toLowerCase();
  return names
    .map((name) => ({
      name,
      contains: text !== "" && name.toLowerCase().includes(text),
      distance: leven(text, name.toLowerCase()),
    }))
    .filter(({ contains, distance }) => contains || distance <= Math.max(2, text.length / 3))
    .sort((one, other) => Number(other.contains) - Number(one.contains) || one.distance - other.distance)
    .map(({ name }) => name);
}
