import type { Random } from "../../../foundation/random.ts";
import { between, oneOf } from "./chance.ts";
import { colour, lighter, paint, path, type Sketch } from "./sketch.ts";

const whole = "M0 0H128V128H0Z";

/** Fills the picture with something quiet to stand before. */
export function drawBackground(sketch: Sketch, random: Random): void {
  oneOf(random, sky, meadow, dusk, paper, bokeh)(sketch, random);
}

function sky(sketch: Sketch, random: Random): void {
  const hue = between(random, 195, 212);
  const light = between(random, 68, 78);
  sketch.shape(
    whole,
    sketch.linear(
      [0, 0],
      [0, 128],
      [
        [0, colour(hue, 70, light)],
        [0.75, colour(hue - 8, 60, 91)],
        [1, colour(50, 60, 93)],
      ],
    ),
  );
  cloud(sketch, random);
  hill(sketch, random, between(random, 100, 110), colour(between(random, 95, 125), 36, 66));
  hill(sketch, random, between(random, 110, 117), colour(between(random, 95, 125), 40, 54));
}

function cloud(sketch: Sketch, random: Random): void {
  const [x, y] = [between(random, 8, 120), between(random, 10, 40)];
  const outline = path`M${x - 20} ${y + 9}a9 9 0 0 1 2 -17a13 13 0 0 1 24 -3a10 10 0 0 1 14 20Z`;
  sketch.shape(
    outline,
    sketch.linear(
      [0, y - 14],
      [0, y + 12],
      [
        [0, colour(200, 50, 99, 0.9)],
        [1, colour(200, 50, 97, 0.35)],
      ],
    ),
  );
}

function hill(sketch: Sketch, random: Random, height: number, green: ReturnType<typeof colour>): void {
  const [left, right] = [height + between(random, -8, 8), height + between(random, -8, 8)];
  const outline = path`M0 ${left}Q64 ${height - 8} 128 ${right}V128H0Z`;
  sketch.shape(
    outline,
    sketch.linear(
      [0, height - 8],
      [0, 128],
      [
        [0, lighter(green, 6)],
        [1, lighter(green, -8)],
      ],
    ),
  );
}

function meadow(sketch: Sketch, random: Random): void {
  const hue = between(random, 85, 135);
  sketch.shape(
    whole,
    sketch.linear(
      [0, 0],
      [0, 128],
      [
        [0, colour(hue - 18, 52, between(random, 74, 82))],
        [0.55, colour(hue, 42, 58)],
        [1, colour(hue + 10, 42, 36)],
      ],
    ),
  );
  softSpots(sketch, random, 5, () => colour(between(random, hue - 25, hue + 20), 50, between(random, 45, 80), 0.4));
}

function dusk(sketch: Sketch, random: Random): void {
  const hue = between(random, 225, 285);
  sketch.shape(
    whole,
    sketch.linear(
      [0, 0],
      [0, 128],
      [
        [0, colour(hue, 38, between(random, 28, 40))],
        [0.55, colour(hue + 65, 42, 60)],
        [1, colour(between(random, 18, 32), 80, 74)],
      ],
    ),
  );
  const sun = [between(random, 20, 108), between(random, 90, 112)] as const;
  sketch.shape(
    whole,
    sketch.radial(sun, 55, [
      [0, colour(42, 95, 84, 0.8)],
      [1, colour(30, 90, 75, 0)],
    ]),
  );
}

function paper(sketch: Sketch, random: Random): void {
  const base = oneOf(
    random,
    colour(42, 55, 91),
    colour(18, 60, 92),
    colour(165, 30, 88),
    colour(210, 40, 90),
    colour(280, 28, 90),
  );
  sketch.shape(
    whole,
    sketch.radial([56, 48], 105, [
      [0, lighter(base, 5)],
      [0.6, base],
      [1, lighter(base, -10)],
    ]),
  );
}

function bokeh(sketch: Sketch, random: Random): void {
  const hue = oneOf(random, between(random, 150, 175), between(random, 195, 220), between(random, 95, 120));
  sketch.shape(
    whole,
    sketch.linear(
      [0, 0],
      [128, 128],
      [
        [0, colour(hue, 38, 34)],
        [1, colour(hue + 22, 45, 18)],
      ],
    ),
  );
  softSpots(sketch, random, 4, () => colour(hue + between(random, -20, 30), 50, 50, 0.5));
  for (let count = 0; count < 7; count++) {
    const glow = colour(between(random, 35, 75) + (count % 2) * 90, 60, 80, between(random, 0.1, 0.26));
    sketch.circle(between(random, 0, 128), between(random, 0, 128), between(random, 5, 13), paint(glow));
  }
}

function softSpots(sketch: Sketch, random: Random, count: number, pick: () => ReturnType<typeof colour>): void {
  for (let spot = 0; spot < count; spot++) {
    const centre = [between(random, 0, 128), between(random, 0, 128)] as const;
    const middle = pick();
    sketch.shape(
      whole,
      sketch.radial(centre, between(random, 18, 40), [
        [0, middle],
        [1, { ...middle, opacity: 0 }],
      ]),
    );
  }
}
