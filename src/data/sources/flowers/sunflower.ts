import type { Random } from "../../../foundation/random.ts";
import { between, wholeBetween } from "./chance.ts";
import { drawLeaf, drawStem, leafGreen } from "./greenery.ts";
import { drawRing, drawShadow } from "./petals.ts";
import { colour, paint, path, type Sketch } from "./sketch.ts";

/** Two rings of pointed golden petals around a broad dark disc of seeds. */
export function drawSunflower(sketch: Sketch, random: Random): void {
  const head = [64 + between(random, -5, 5), 56 + between(random, -5, 5)] as const;
  const radius = between(random, 45, 53);
  const green = leafGreen(random);
  const [low, high] = drawStem(sketch, random, head, green);
  if (low !== undefined) drawLeaf(sketch, low, between(random, 50, 72), between(random, 34, 44), 13, green);
  if (high !== undefined) drawLeaf(sketch, high, -between(random, 62, 85), between(random, 34, 44), 12, green);

  const hue = between(random, 40, 50);
  const count = wholeBetween(random, 14, 20);
  const width = (2 * Math.PI * radius * between(random, 0.74, 0.92)) / count;
  const turn = between(random, 0, 360);
  const front = sketch.linear(
    [0, 0],
    [0, -radius],
    [
      [0.35, colour(hue - 16, 95, 46)],
      [0.65, colour(hue, 98, 54)],
      [1, colour(hue + 7, 98, 64)],
    ],
  );
  const back = sketch.linear(
    [0, 0],
    [0, -radius],
    [
      [0.3, colour(hue - 22, 90, 36)],
      [1, colour(hue - 6, 94, 48)],
    ],
  );
  const pose = path`translate(${head[0]} ${head[1]}) rotate(${between(random, -20, 20)}) scale(1 ${between(random, 0.84, 1)})`;
  sketch.group(pose, () => {
    drawShadow(sketch, radius);
    drawRing(sketch, random, { count, length: radius, width, tip: 0.1, turn: turn + 180 / count, fill: back });
    drawRing(sketch, random, { count, length: radius * 0.93, width, tip: 0.12, turn, fill: front });
    drawSeeds(sketch, random, radius * between(random, 0.42, 0.5));
  });
}

/** Seeds lie on a spiral that turns by the golden angle (Vogel 1979, "A better way to construct the sunflower head"). */
function drawSeeds(sketch: Sketch, random: Random, radius: number): void {
  const hue = between(random, 18, 30);
  sketch.circle(0, 1.5, radius * 1.08, paint(colour(25, 60, 18, 0.35)));
  const disc = sketch.radial([0, 0], radius, [
    [0, colour(hue + 28, 45, 34)],
    [0.4, colour(hue, 52, 17)],
    [0.8, colour(hue, 58, 25)],
    [1, colour(hue + 6, 62, 33)],
  ]);
  sketch.circle(0, 0, radius, disc);
  const seeds = 70;
  for (let seed = 4; seed < seeds; seed++) {
    const angle = seed * 2.399963;
    const reach = radius * 0.94 * Math.sqrt(seed / seeds);
    const light = 30 + 26 * (seed / seeds);
    sketch.circle(
      reach * Math.cos(angle),
      reach * Math.sin(angle),
      radius * 0.045,
      paint(colour(hue + 12, 62, light, 0.75)),
    );
  }
}
