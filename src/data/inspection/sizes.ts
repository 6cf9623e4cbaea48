import type { PixelFormat } from "../images/preparation.ts";
import { countEach, medianOf, type Spread, spreadOf } from "./statistics.ts";

export interface SizeReport {
  /** Pixels. */
  readonly width: Spread;
  readonly height: Spread;
  /** The five most common, most common first. */
  readonly common: readonly { readonly width: number; readonly height: number; readonly count: number }[];
  /** Width over height. */
  readonly aspect: Spread;
  /** Images whose sides differ. */
  readonly notSquare: number;
  /** Share of an image's pixels, in [0, 1), that a crop to a square cuts off: in the middle of all images, and at worst. */
  readonly cutBySquare: { readonly median: number; readonly most: number };
  /** Side of the square that Atelier suggests for training, in pixels. */
  readonly suggested: number;
  /** Images whose shorter side is below it: they are scaled up. */
  readonly belowSuggested: number;
}

/** @param sizes of at least one image @param suggested see {@link SizeReport.suggested} */
export function sizesOf(sizes: readonly PixelFormat[], suggested: number): SizeReport {
  const cut = sizes.map(({ width, height }) => 1 - Math.min(width, height) / Math.max(width, height));
  return {
    width: spreadOf(sizes.map((size) => size.width)),
    height: spreadOf(sizes.map((size) => size.height)),
    common: commonSizes(sizes),
    aspect: spreadOf(sizes.map(({ width, height }) => width / height)),
    notSquare: sizes.filter(({ width, height }) => width !== height).length,
    cutBySquare: { median: medianOf(cut), most: spreadOf(cut).largest },
    suggested,
    belowSuggested: sizes.filter(({ width, height }) => Math.min(width, height) < suggested).length,
  };
}

function commonSizes(sizes: readonly PixelFormat[]): SizeReport["common"] {
  const counts = [...countEach(sizes.map(({ width, height }) => `${width} ${height}`))].sort(([, a], [, b]) => b - a);
  return counts.slice(0, 5).map(([size, count]) => {
    const [width = 0, height = 0] = size.split(" ").map(Number);
    return { width, height, count };
  });
}
