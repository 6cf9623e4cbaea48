import { formatShape, type Shape } from "../../shape.ts";
import type { NodeContext } from "../node-context.ts";

/** How a window moves over an image, as {@link convolution} and pooling operators give it. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Pixels added at [top, left, bottom, right]. */
  readonly padding: readonly [number, number, number, number];
}

/** The window of a node over images of the given shape; `auto_pad` is worked out. */
export function windowOf(node: NodeContext, image: Shape, kernelShape: readonly number[]): Window {
  const kernel = pair(node, kernelShape);
  const strides = pair(node, node.list("strides") ?? [1, 1]);
  const dilations = pair(node, node.list("dilations") ?? [1, 1]);
  return { kernel, strides, dilations, padding: paddingOf(node, image, { kernel, strides, dilations }) };
}

function paddingOf(node: NodeContext, image: Shape, window: Omit<Window, "padding">): Window["padding"] {
  const mode = node.text("auto_pad", "NOTSET");
  switch (mode) {
    case "NOTSET": {
      const [top = 0, left = 0, bottom = 0, right = 0] = node.list("pads") ?? [];
      return [top, left, bottom, right];
    }
    case "VALID":
      return [0, 0, 0, 0];
    case "SAME_UPPER":
    case "SAME_LOWER": {
      const total = [0, 1].map((axis) => samePadding(Number(image[axis + 2]), window, axis));
      return shared(total, mode === "SAME_UPPER");
    }
    default:
      return node.refuse(`auto_pad ${mode}`);
  }
}

/** Pixels that make one response for every `stride` pixels, the last begun included. */
function samePadding(pixels: number, window: Omit<Window, "padding">, axis: number): number {
  const stride = window.strides[axis] ?? 1;
  return Math.max(0, (Math.ceil(pixels / stride) - 1) * stride + reachOf(window, axis) - pixels);
}

/** Splits padding between both sides; the odd pixel goes behind or in front. */
export function shared(total: readonly number[], oddBehind: boolean): Window["padding"] {
  const [vertical = 0, horizontal = 0] = total;
  const round = oddBehind ? Math.floor : Math.ceil;
  const [top, left] = [round(vertical / 2), round(horizontal / 2)];
  return [top, left, vertical - top, horizontal - left];
}

/** Pixels from the first to the last that a window touches. */
export function reachOf({ kernel, dilations }: Omit<Window, "padding">, axis: number): number {
  return (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
}

export function pair(node: NodeContext, sizes: readonly number[]): readonly [number, number] {
  const [vertical, horizontal] = sizes;
  if (sizes.length === 2 && vertical !== undefined && horizontal !== undefined) return [vertical, horizontal];
  return node.refuse(`windows over ${sizes.length} axes; only images have rules`);
}

/** The shape of images [batch, channels, height, width] with known height and width. */
export function assertImages(node: NodeContext, shape: Shape): void {
  const [, channels, height, width] = shape;
  if (shape.length === 4 && [channels, height, width].every((size) => typeof size === "number")) return;
  node.refuse(`an input of shape ${formatShape(shape)}; only images [batch, channels, height, width] have rules`);
}
