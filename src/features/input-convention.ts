import { evaluate, type Tensor } from "../graph/index.ts";
import { conventionalPixel, conventions, type PixelConvention } from "./pixel-convention.ts";

/** Colours that tell the conventions apart, 0…255 of red, green and blue. */
const probes = [
  [0, 0, 0],
  [255, 255, 255],
  [255, 0, 0],
  [0, 0, 255],
] as const;

/** Of the distance from black to white: (x - 128) / 128 and 2 x / 255 - 1 are the same convention. */
const TOLERANCE = 0.01;

/** What a file does to the pixels of its input before its first convolution sees them. */
export interface OwnArithmetic {
  /** False where the convolution sees the input as it is. */
  readonly isPresent: boolean;
  /** What the convolution sees of a picture of one colour, given as the input has it. */
  readonly see: (colour: readonly number[]) => readonly number[];
}

/**
 * Measures what a file does to its pixels: many files scale and shift them, as torchvision's Inception does, or Keras's
 * MobileNet with its preprocessing inside.
 * @param firstSeen what the first convolution sees, [batch, 3, rows, columns].
 * @param image the input, [batch, 3, height, width], called `image`.
 */
export function ownArithmetic(firstSeen: Tensor, image: Tensor): OwnArithmetic {
  if (firstSeen === image) return { isPresent: false, see: (colour) => colour };
  const pixels = image.shape.slice(2).reduce<number>((count, size) => count * Number(size), 1);
  const colours = [
    [0, 0, 0],
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const feed = new Float64Array(colours.length * 3 * pixels);
  for (const [plane, value] of colours.flat().entries()) feed.fill(value, plane * pixels, (plane + 1) * pixels);
  const [seen] = evaluate([firstSeen], { image: feed }, colours.length);
  const [, channels = 0, rows = 0, columns = 0] = seen?.shape ?? [];
  // In the middle, for zeros may have been added at the borders.
  const middle = Math.floor(rows / 2) * columns + Math.floor(columns / 2);
  const at = (colour: number, channel: number) =>
    seen?.data[(colour * channels + channel) * rows * columns + middle] ?? Number.NaN;
  const shifts = [0, 1, 2].map((channel) => at(0, channel));
  const see = (colour: readonly number[]) =>
    shifts.map((shift, channel) =>
      colour.reduce((sum, value, from) => sum + value * (at(from + 1, channel) - shift), shift),
    );
  const unit = colours.map((colour) => see(colour).every((value, channel) => value === colour[channel]));
  return { isPresent: unit.includes(false), see };
}

/** The known convention that a file's input wants, so that its first convolution sees `wanted`; undefined: none does. */
export function inputConvention(
  { isPresent, see }: OwnArithmetic,
  wanted: PixelConvention,
): PixelConvention | undefined {
  if (!isPresent) return wanted;
  const targets = probes.map((pixel) => conventionalPixel(pixel, wanted));
  const span = Math.max(...targets.flat()) - Math.min(...targets.flat());
  return Object.values(conventions).find((convention) =>
    probes.every((pixel, index) =>
      see(conventionalPixel(pixel, convention)).every(
        (value, channel) => Math.abs(value - (targets[index]?.[channel] ?? Number.NaN)) <= TOLERANCE * span,
      ),
    ),
  );
}
