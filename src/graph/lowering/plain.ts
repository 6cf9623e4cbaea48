import { type Emitter, emitReshape, emitTranspose, int, ints, type OnnxAttribute } from "../emitter.ts";
import { type ConvolutionGeometry, type ConvolutionSizes, reachOf } from "./convolution-case.ts";

// The standard ONNX operators: they run everywhere, and the first two leave the batch size open.

export function onnxAttributes({
  strides,
  padding,
  dilations,
  groups,
}: ConvolutionGeometry): Record<string, OnnxAttribute> {
  return { strides: ints(strides), pads: ints(padding), dilations: ints(dilations), group: int(groups) };
}

/** y = w * x. */
export function emitPlainConvolution(
  emitter: Emitter,
  x: string,
  kernel: string,
  { geometry }: ConvolutionSizes,
): string {
  return emitter.node("Conv", [x, kernel], { attributes: onnxAttributes(geometry) });
}

/** x from y and w. */
export function emitPlainTranspose(emitter: Emitter, y: string, kernel: string, sizes: ConvolutionSizes): string {
  const { geometry, height, width, outRows, outColumns } = sizes;
  const { strides, padding } = geometry;
  const [down, across] = reachOf(sizes);
  const unreached = [
    height + padding[0] + padding[2] - ((outRows - 1) * strides[0] + down),
    width + padding[1] + padding[3] - ((outColumns - 1) * strides[1] + across),
  ];
  return emitter.node("ConvTranspose", [y, kernel], {
    attributes: { ...onnxAttributes(geometry), output_padding: ints(unreached) },
  });
}

/**
 * dw from x and y: a convolution in which batch and channels, and stride and dilation, change places. In groups, channel c
 * of every group goes where the batch was, and the images of a group lie side by side as its channels.
 */
export function emitPlainKernelGradient(emitter: Emitter, x: string, y: string, sizes: ConvolutionSizes): string {
  const { geometry, channels, height, width, rows, columns } = sizes;
  const { strides, padding, dilations, groups } = geometry;
  const swapped = (name: string) => emitTranspose(emitter, name, [1, 0, 2, 3]);
  const inGroup = channels / groups;
  const byGroup = () =>
    emitTranspose(emitter, emitReshape(emitter, x, [-1, groups, inGroup, height * width]), [2, 1, 0, 3]);
  const images = groups === 1 ? swapped(x) : emitReshape(emitter, byGroup(), [inGroup, -1, height, width]);
  const product = emitter.node("Conv", [images, swapped(y)], {
    attributes: onnxAttributes({ strides: dilations, dilations: strides, padding, groups }),
  });
  // Rows and columns that the strided convolution never reached give extra kernel elements: they are cut off.
  const bounds = [
    [0, 0],
    [rows, columns],
    [2, 3],
  ].map((values) => emitter.integers(values));
  return swapped(emitter.node("Slice", [product, ...bounds]));
}
