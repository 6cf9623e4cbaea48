import type { Shape } from "../shape.ts";

/** How a kernel moves over an image; see `ConvolutionOptions`. */
export type ConvolutionGeometry = {
  readonly strides: readonly [number, number];
  readonly padding: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly groups: number;
};

/** The operators that contract a triple (image x, kernel w, response y), by what they compute from the other two. */
export type ConvolutionResult = "response" | "image" | "kernel";

/** All sizes of one convolution y = x * w but the batch. */
export interface ConvolutionSizes {
  readonly result: ConvolutionResult;
  readonly geometry: ConvolutionGeometry;
  /** Of the image x [batch, channels, height, width]. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Of the kernel w [filters, channels / groups, rows, columns]. */
  readonly filters: number;
  readonly rows: number;
  readonly columns: number;
  /** Of the response y [batch, filters, outRows, outColumns]. */
  readonly outRows: number;
  readonly outColumns: number;
}

export interface ConvolutionCase extends ConvolutionSizes {
  readonly batch: number;
}

/** The same words for equal cases: `image of 64x3x32x32 by 128x3x4x4, stride 2,2, padding 1,1,1,1`. */
export function caseKey(sizes: ConvolutionCase): string {
  const { result, geometry, batch, channels, height, width, filters, rows, columns } = sizes;
  const { strides, padding, dilations, groups } = geometry;
  const image = [batch, channels, height, width].join("x");
  const kernel = [filters, channels / groups, rows, columns].join("x");
  const spacing = dilations.every((step) => step === 1) ? "" : `, dilation ${dilations.join()}`;
  return `${result} of ${image} by ${kernel}, stride ${strides.join()}, padding ${padding.join()}${spacing}`;
}

/** Shapes of the three tensors of a convolution. */
export interface ConvolutionShapes {
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
}

/** The sizes of a convolution, all but the batch. */
export function sizesOf(
  result: ConvolutionResult,
  { strides, padding, dilations, groups }: ConvolutionGeometry,
  { x, w, y }: ConvolutionShapes,
): ConvolutionSizes {
  const [, channels = 0, height = 0, width = 0] = x.map(Number);
  const [filters = 0, , rows = 0, columns = 0] = w.map(Number);
  const [, , outRows = 0, outColumns = 0] = y.map(Number);
  const geometry = { strides, padding, dilations, groups };
  return { result, geometry, channels, height, width, filters, rows, columns, outRows, outColumns };
}

/** Numbers in a kernel's window over one image, of one group: channels / groups * rows * columns. */
export function windowSize({ geometry, channels, rows, columns }: ConvolutionSizes): number {
  return (channels / geometry.groups) * rows * columns;
}

/** Pixels that a kernel covers, first to last, [vertical, horizontal]. */
export function reachOf({ geometry, rows, columns }: ConvolutionSizes): readonly [number, number] {
  const [down, across] = geometry.dilations;
  return [down * (rows - 1) + 1, across * (columns - 1) + 1];
}

/** A kernel of one pixel that visits every pixel once: a matrix product already. */
export function isPointwise({ geometry, rows, columns }: ConvolutionSizes): boolean {
  const { strides, padding } = geometry;
  return rows * columns === 1 && strides.every((step) => step === 1) && padding.every((pixels) => pixels === 0);
}

/** Every channel has one kernel of its own. */
export function isDepthwise({ geometry, channels, filters }: ConvolutionSizes): boolean {
  return geometry.groups > 1 && geometry.groups === channels && channels === filters;
}

/** 4x4 kernels of stride 2 and padding 1 on even sizes: they halve a picture, and their adjoint doubles it. */
export function isHalving({ geometry, height, width, rows, columns }: ConvolutionSizes): boolean {
  const { strides, padding, dilations } = geometry;
  return (
    [rows, columns].every((size) => size === 4) &&
    strides.every((step) => step === 2) &&
    padding.every((pixels) => pixels === 1) &&
    dilations.every((step) => step === 1) &&
    height % 2 === 0 &&
    width % 2 === 0
  );
}

/**
 * The image as the response of another convolution: y, its pixels moved apart by the strides, under kernels turned by 180
 * degrees whose filters and channels have changed places. Its padding may come out negative.
 */
export function turnedCase(sizes: ConvolutionCase): ConvolutionCase {
  const { geometry, channels, height, width, filters, outRows, outColumns } = sizes;
  const { strides, padding, dilations, groups } = geometry;
  const [down, across] = reachOf(sizes);
  const [spreadRows, spreadColumns] = [outRows * strides[0], outColumns * strides[1]];
  const [top, left] = [down - 1 - padding[0], across - 1 - padding[1]];
  const [bottom, right] = [height - spreadRows - top + down - 1, width - spreadColumns - left + across - 1];
  return {
    ...sizes,
    result: "response",
    geometry: { strides: [1, 1], padding: [top, left, bottom, right], dilations, groups },
    channels: filters,
    height: spreadRows,
    width: spreadColumns,
    filters: channels,
    outRows: height,
    outColumns: width,
  };
}

/** Whether the image is the response of an ordinary convolution over y as it is. */
export function isTurnable(sizes: ConvolutionCase): boolean {
  return sizes.geometry.strides.every((step) => step === 1) && hasPadding(turnedCase(sizes));
}

/** Engines pad by 0 or more pixels. */
export function hasPadding({ geometry }: ConvolutionSizes): boolean {
  return geometry.padding.every((pixels) => pixels >= 0);
}
