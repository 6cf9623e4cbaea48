import type { Random } from "../../../foundation/random.ts";
import { between, oneOf } from "./chance.ts";
import { drawLeaf, drawStem, leafGreen } from "./greenery.ts";
import { drawShadow } from "./petals.ts";
import { type Colour, colour, lighter, paint, path, type Sketch } from "./sketch.ts";

/** Round petals in rings that close towards a curled heart, seen from above. */
export function drawRose(sketch: Sketch, random: Random): void {
  const head = [64 + between(random, -5, 5), 58 + between(random, -4, 4)] as const;
  const radius = between(random, 44, 51);
  const green = leafGreen(random);
  drawStem(sketch, random, head, green);
  for (const angle of [between(random, 95, 130), between(random, 215, 255), between(random, 10, 60)]) {
    drawLeaf(sketch, head, angle, radius * between(random, 1.15, 1.35), 15, green);
  }
  const tone = oneOf(
    random,
    colour(between(random, 344, 356), 76, 46),
    colour(between(random, 334, 346), 72, 66),
    colour(between(random, 14, 26), 84, 68),
    colour(between(random, 44, 50), 78, 72),
    colour(between(random, 312, 326), 52, 58),
  );
  const pose = path`translate(${head[0]} ${head[1]}) rotate(${between(random, 0, 360)}) scale(1 ${between(random, 0.88, 1)})`;
  sketch.group(pose, () => {
    drawShadow(sketch, radius);
    for (const [ring, size] of [1, 0.8, 0.6, 0.42].entries()) drawRound(sketch, random, radius * size, ring, tone);
    drawHeart(sketch, radius * 0.26, tone);
  });
}

/** One ring of overlapping round petals, light at their rims and dark where they sink under the next ring. */
function drawRound(sketch: Sketch, random: Random, radius: number, ring: number, tone: Colour): void {
  const count = 5 - Math.min(ring, 2);
  const turn = ring * 37 + between(random, -10, 10);
  const [centre, size] = [radius * 0.42, radius * 0.6];
  const fill = sketch.radial([0, 0], radius * 1.02, [
    [0.2, lighter(tone, -32)],
    [0.62, lighter(tone, -13)],
    [0.9, lighter(tone, 3)],
    [1, lighter(tone, 19)],
  ]);
  const outline = path`M${-size * 0.2} ${-centre + size * 0.6}C${-size * 1.5} ${-centre + size * 0.2} ${-size * 1.1} ${-centre - size} 0 ${-centre - size * 0.92}C${size * 1.1} ${-centre - size} ${size * 1.5} ${-centre + size * 0.2} ${size * 0.2} ${-centre + size * 0.6}Z`;
  const edge = `stroke="${paint({ ...lighter(tone, -28), opacity: 0.5 })}" stroke-width="1.2"`;
  for (let petal = 0; petal < count; petal++) {
    sketch.shape(outline, fill, path`rotate(${turn + (360 / count) * petal + between(random, -6, 6)})`, edge);
  }
}

function drawHeart(sketch: Sketch, radius: number, tone: Colour): void {
  sketch.circle(
    0,
    0,
    radius,
    sketch.radial([0, 0], radius, [
      [0, lighter(tone, -30)],
      [0.7, lighter(tone, -8)],
      [1, lighter(tone, 12)],
    ]),
  );
  let curl = path`M${radius * 0.1} 0`;
  for (let step = 1; step <= 14; step++) {
    const [angle, reach] = [step * 0.85, radius * (0.1 + (0.72 * step) / 14)];
    curl += path`L${reach * Math.cos(angle)} ${reach * Math.sin(angle)}`;
  }
  sketch.line(curl, { ...lighter(tone, 16), opacity: 0.75 }, 1.8);
}
