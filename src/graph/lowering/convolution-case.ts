import type { TensorType } from "../shape.ts";

/** How a kernel moves over an image; see `ConvolutionOptions`. */
export type ConvolutionGeometry = {
  readonly strides: readonly [number, number];
  readonly padding: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly groups: number;
};

/** All sizes of one convolution y = x * w, whichever of the three is computed from the other two. */
export interface ConvolutionCase {
  readonly geometry: ConvolutionGeometry;
  readonly batch: number;
  /** Of the image x [batch, channels, height, width]. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Of the kernel w [filters, channels, rows, columns]. */
  readonly filters: number;
  readonly rows: number;
  readonly columns: number;
  /** Of the response y [batch, filters, outRows, outColumns]. */
  readonly outRows: number;
  readonly outColumns: number;
}

/** The case, when its sizes are all known and its channels are not in groups: else only the plain operators apply. */
export function convolutionCase(
  geometry: ConvolutionGeometry,
  x: TensorType,
  kernel: TensorType,
  y: TensorType,
): ConvolutionCase | undefined {
  if (geometry.groups !== 1 || [x, kernel, y].some(({ shape }) => shape.includes("batch"))) return undefined;
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape.map(Number);
  const [filters = 0, , rows = 0, columns = 0] = kernel.shape.map(Number);
  const [, , outRows = 0, outColumns = 0] = y.shape.map(Number);
  return { geometry, batch, channels, height, width, filters, rows, columns, outRows, outColumns };
}

/** Numbers in a kernel's window over one image: channels * rows * columns. */
export function windowSize({ channels, rows, columns }: ConvolutionCase): number {
  return channels * rows * columns;
}

/** 4x4 kernels of stride 2 and padding 1 on even sizes: they halve a picture, and their adjoint doubles it. */
export function isHalving({ geometry, height, width, rows, columns }: ConvolutionCase): boolean {
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
