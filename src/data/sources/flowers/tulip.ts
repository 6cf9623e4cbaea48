import type { Random } from "../../../foundation/random.ts";
import { between, oneOf } from "./chance.ts";
import { drawLeaf, drawStem, leafGreen } from "./greenery.ts";
import { type Colour, colour, lighter, path, type Sketch } from "./sketch.ts";

/** A cup of smooth petals seen from the side, on a straight stem between long leaves. */
export function drawTulip(sketch: Sketch, random: Random): void {
  const base = [64 + between(random, -6, 6), 82 + between(random, -4, 4)] as const;
  const green = leafGreen(random);
  const [low] = drawStem(sketch, random, base, green);
  if (low !== undefined) {
    drawLeaf(sketch, [low[0], 130], -between(random, 14, 32), between(random, 62, 82), 11, green);
    drawLeaf(sketch, [low[0], 130], between(random, 14, 32), between(random, 50, 76), 11, lighter(green, -3));
  }
  const [height, half] = [between(random, 60, 70), between(random, 28, 34)];
  const tone = petalColour(random);
  const pose = path`translate(${base[0]} ${base[1]}) rotate(${between(random, -14, 14)})`;
  sketch.group(pose, () => drawCup(sketch, height, half, between(random, 0.75, 1.15), tone));
}

interface Tone {
  /** At the foot of a petal. */
  readonly foot: Colour;
  readonly body: Colour;
  /** At its rim. */
  readonly rim: Colour;
}

function petalColour(random: Random): Tone {
  const plain = (body: Colour): Tone => ({ foot: lighter(body, -12), body, rim: lighter(body, 12) });
  return oneOf(
    random,
    plain(colour(between(random, 350, 362), 78, 52)),
    plain(colour(between(random, 330, 345), 75, 64)),
    plain(colour(between(random, 272, 292), 45, 52)),
    plain(colour(between(random, 18, 30), 92, 58)),
    { foot: colour(80, 50, 56), body: colour(48, 94, 60), rim: colour(52, 96, 72) },
    { foot: colour(340, 70, 62), body: colour(345, 80, 80), rim: colour(20, 60, 95) },
    { foot: colour(10, 85, 46), body: colour(12, 90, 55), rim: colour(46, 98, 66) },
  );
}

function drawCup(sketch: Sketch, height: number, half: number, flare: number, tone: Tone): void {
  const upright = (by: number): string =>
    sketch.linear(
      [0, 2],
      [0, -height],
      [
        [0, lighter(tone.foot, by)],
        [0.45, lighter(tone.body, by)],
        [1, lighter(tone.rim, by)],
      ],
    );
  const rim = half * 0.86 * flare;

  // The far side first: two tips that show between the near ones.
  const far = upright(-15);
  sketch.shape(
    path`M0 0C${-half} ${-height * 0.3} ${-half * 0.8} ${-height * 0.8} ${-rim * 0.45} ${-height}Q${half * 0.3} ${-height * 0.6} 0 0Z`,
    far,
  );
  sketch.shape(
    path`M0 0C${half} ${-height * 0.3} ${half * 0.8} ${-height * 0.8} ${rim * 0.45} ${-height}Q${-half * 0.3} ${-height * 0.6} 0 0Z`,
    far,
  );

  for (const side of [-1, 1]) {
    const reach = side * half;
    const outline =
      path`M0 2C${reach * 0.75} 3 ${reach * 1.2} ${-height * 0.32} ${reach * 1.02} ${-height * 0.58}` +
      path`Q${reach * 0.92} ${-height * 0.8} ${side * rim * 1.08} ${-height * 0.96}Q${reach * 0.2} ${-height * 0.72} ${reach * 0.06} ${-height * 0.3}Z`;
    const across = sketch.linear(
      [reach * 1.1, 0],
      [0, -height * 0.2],
      [
        [0, lighter(tone.rim, -3)],
        [0.5, tone.body],
        [1, lighter(tone.foot, -6)],
      ],
    );
    sketch.shape(outline, across);
  }

  const front =
    path`M0 3C${-half * 0.62} 1 ${-half * 0.82} ${-height * 0.42} ${-half * 0.5} ${-height * 0.66}Q${-half * 0.24} ${-height * 0.86} 0 ${-height * 0.94}` +
    path`Q${half * 0.24} ${-height * 0.86} ${half * 0.5} ${-height * 0.66}C${half * 0.82} ${-height * 0.42} ${half * 0.62} 1 0 3Z`;
  sketch.shape(front, upright(2));
  const shine = path`M${-half * 0.2} ${-height * 0.16}Q${-half * 0.44} ${-height * 0.46} ${-half * 0.12} ${-height * 0.8}`;
  sketch.line(shine, { ...lighter(tone.rim, 10), opacity: 0.45 }, 4.5);
}
