import { type Random, randomStream } from "../../../foundation/random.ts";
import { drawBackground } from "./background.ts";
import { drawDaisy } from "./daisy.ts";
import { drawRose } from "./rose.ts";
import { Sketch } from "./sketch.ts";
import { drawSunflower } from "./sunflower.ts";
import { drawTulip } from "./tulip.ts";

/** Raised whenever any picture changes. */
export const flowersVersion = 1;
const flowersSeed = 20;

const kinds = {
  daisy: drawDaisy,
  rose: drawRose,
  sunflower: drawSunflower,
  tulip: drawTulip,
} as const satisfies Readonly<Record<string, (sketch: Sketch, random: Random) => void>>;

export type FlowerKind = keyof typeof kinds;
export const flowerKinds = ["daisy", "rose", "sunflower", "tulip"] as const satisfies readonly FlowerKind[];

/** SVG text of one flower before a background, decided by its kind and number alone, to be rendered `size` pixels wide and high. */
export function flowerSvg(kind: FlowerKind, number: number, size: number): string {
  const random = randomStream(flowersSeed, "flower", kind, number);
  const sketch = new Sketch();
  drawBackground(sketch, random);
  kinds[kind](sketch, random);
  return sketch.svg(size);
}
