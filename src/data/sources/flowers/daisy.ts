import type { Random } from "../../../foundation/random.ts";
import { between, oneOf, wholeBetween } from "./chance.ts";
import { drawLeaf, drawStem, leafGreen } from "./greenery.ts";
import { drawRing, drawShadow } from "./petals.ts";
import { colour, lighter, paint, path, type Sketch } from "./sketch.ts";

/** Many slender pale petals around a small yellow button. */
export function drawDaisy(sketch: Sketch, random: Random): void {
  const head = [64 + between(random, -6, 6), 56 + between(random, -5, 5)] as const;
  const radius = between(random, 43, 52);
  const green = leafGreen(random);
  const [low] = drawStem(sketch, random, head, green);
  if (low !== undefined)
    drawLeaf(sketch, low, oneOf(random, -1, 1) * between(random, 45, 65), between(random, 26, 36), 9, green);

  const tint = oneOf(
    random,
    colour(50, 60, 96),
    colour(210, 45, 97),
    colour(335, 75, 89),
    colour(275, 55, 88),
    colour(350, 80, 94),
  );
  const count = wholeBetween(random, 11, 19);
  const width = (2 * Math.PI * radius * between(random, 0.62, 0.78)) / count;
  const tip = between(random, 0.35, 0.75);
  const turn = between(random, 0, 360);
  const front = sketch.linear(
    [0, 0],
    [0, -radius],
    [
      [0.15, lighter(tint, -22)],
      [0.5, lighter(tint, -3)],
      [1, lighter(tint, 4)],
    ],
  );
  const back = sketch.linear(
    [0, 0],
    [0, -radius],
    [
      [0.2, lighter(tint, -32)],
      [1, lighter(tint, -13)],
    ],
  );
  const pose = path`translate(${head[0]} ${head[1]}) rotate(${between(random, -25, 25)}) scale(1 ${between(random, 0.8, 1)})`;
  sketch.group(pose, () => {
    drawShadow(sketch, radius);
    drawRing(sketch, random, { count, length: radius * 0.97, width, tip, turn: turn + 180 / count, fill: back });
    drawRing(sketch, random, { count, length: radius, width, tip, turn, fill: front });
    drawButton(sketch, random, radius * between(random, 0.24, 0.3));
  });
}

function drawButton(sketch: Sketch, random: Random, radius: number): void {
  const hue = between(random, 40, 50);
  sketch.circle(0, 1.5, radius * 1.12, paint(colour(30, 40, 30, 0.28)));
  const dome = sketch.radial([-radius * 0.3, -radius * 0.35], radius * 1.4, [
    [0, colour(hue + 6, 98, 68)],
    [0.55, colour(hue, 95, 54)],
    [1, colour(hue - 14, 90, 40)],
  ]);
  sketch.circle(0, 0, radius, dome);
  for (let dot = 0; dot < 14; dot++) {
    const [angle, reach] = [between(random, 0, 2 * Math.PI), radius * Math.sqrt(between(random, 0.05, 0.8))];
    sketch.circle(reach * Math.cos(angle), reach * Math.sin(angle), 0.9, paint(colour(hue - 16, 85, 40, 0.5)));
  }
}
