import type { Random } from "../../../foundation/random.ts";
import { between } from "./chance.ts";
import { colour, path, type Sketch } from "./sketch.ts";

/** The outline of a petal that grows upwards from (0, 0): `tip` 0 is pointed, 1 is as broad as the petal. */
export function petalOutline(length: number, width: number, tip: number): string {
  const half = width / 2;
  const shoulder = half * tip;
  return (
    path`M0 0C${-half * 0.7} ${-length * 0.2} ${-half * 1.15} ${-length * 0.62} ${-shoulder} ${-length * 0.94}` +
    path`Q0 ${-length * (1 + 0.08 * tip + 0.06 * (1 - tip))} ${shoulder} ${-length * 0.94}` +
    path`C${half * 1.15} ${-length * 0.62} ${half * 0.7} ${-length * 0.2} 0 0Z`
  );
}

/** A soft shade around a flower at (0, 0), which sets it off from a background of its own colour. */
export function drawShadow(sketch: Sketch, radius: number): void {
  const fill = sketch.radial([0, 2], radius * 1.16, [
    [0.6, colour(220, 30, 12, 0.32)],
    [1, colour(220, 30, 12, 0)],
  ]);
  sketch.circle(0, 2, radius * 1.16, fill);
}

/** A ring of equal petals around (0, 0) that are a little unlike each other. */
export interface Ring {
  readonly count: number;
  readonly length: number;
  readonly width: number;
  readonly tip: number;
  /** Turn of the first petal in degrees. */
  readonly turn: number;
  readonly fill: string;
  /** Attributes of each petal's outline. */
  readonly edge?: string;
}

export function drawRing(sketch: Sketch, random: Random, ring: Ring): void {
  const outline = petalOutline(ring.length, ring.width, ring.tip);
  for (let petal = 0; petal < ring.count; petal++) {
    const angle = ring.turn + (360 / ring.count) * petal + between(random, -60, 60) / ring.count;
    const [across, along] = [between(random, 0.9, 1.1), between(random, 0.92, 1.04)];
    sketch.shape(outline, ring.fill, path`rotate(${angle}) scale(${across} ${along})`, ring.edge);
  }
}
