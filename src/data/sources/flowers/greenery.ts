import type { Random } from "../../../foundation/random.ts";
import { between } from "./chance.ts";
import { type Colour, colour, lighter, path, type Sketch } from "./sketch.ts";

export type Point = readonly [number, number];

/** A fresh green for one plant. */
export function leafGreen(random: Random): Colour {
  return colour(between(random, 92, 138), between(random, 38, 52), between(random, 34, 44));
}

/** Draws a bent stem from a flower's head down out of the picture; returns points on it, from low to high, where leaves can grow. */
export function drawStem(sketch: Sketch, random: Random, head: Point, green: Colour): readonly Point[] {
  const foot: Point = [64 + between(random, -16, 16), 132];
  const bend: Point = [(head[0] + foot[0]) / 2 + between(random, -14, 14), between(random, 92, 104)];
  const outline = path`M${head[0]} ${head[1]}Q${bend[0]} ${bend[1]} ${foot[0]} ${foot[1]}`;
  sketch.line(outline, lighter(green, -9), 5);
  sketch.line(outline, lighter(green, 6), 2.4);
  return [0.85, 0.65].map((t): Point => [along(head[0], bend[0], foot[0], t), along(head[1], bend[1], foot[1], t)]);
}

/** A point of a quadratic Bézier curve in one coordinate. */
function along(start: number, control: number, end: number, t: number): number {
  return (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t ** 2 * end;
}

/** Draws a leaf that begins at a point and leans `angle` degrees from upright. */
export function drawLeaf(sketch: Sketch, at: Point, angle: number, length: number, width: number, green: Colour): void {
  const transform = path`translate(${at[0]} ${at[1]}) rotate(${angle})`;
  const blade = path`M0 0C${-width} ${-length * 0.3} ${-width * 0.9} ${-length * 0.75} 0 ${-length}C${width * 0.9} ${-length * 0.75} ${width} ${-length * 0.3} 0 0Z`;
  const across = sketch.linear(
    [-width, 0],
    [width, 0],
    [
      [0, lighter(green, 10)],
      [0.5, lighter(green, 1)],
      [0.52, lighter(green, -7)],
      [1, lighter(green, -3)],
    ],
  );
  sketch.shape(blade, across, transform);
}
