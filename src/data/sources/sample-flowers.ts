import { createHash } from "node:crypto";
import sharp from "sharp";
import { scaleToCover } from "../decode.ts";
import type { ImageRecord, ImageSource } from "../image-source.ts";
import { type FlowerKind, flowerKinds, flowerSvg, flowersVersion } from "./flowers/flower.ts";

const numberOfEach = 600;
/** The size that the pictures are said to have, small so that a first run is quick; they are drawn at whatever size is asked for. */
const statedSize = 32;

/**
 * `sample:flowers`: 2,400 pictures that Atelier draws itself, 600 each of four kinds of flower, one flower a picture. They are the same
 * on every call, and free to use for anything.
 */
export function openSampleFlowers(location: string): ImageSource {
  const flowers = Array.from({ length: numberOfEach }, (_, number) =>
    flowerKinds.map((kind) => ({ kind, number })),
  ).flat();
  const records = flowers.map(
    ({ kind, number }): ImageRecord => ({
      name: `${kind}-${String(number).padStart(3, "0")}`,
      label: kind,
      split: null,
    }),
  );
  const flowerAt = (index: number): { kind: FlowerKind; number: number } => {
    const flower = flowers[index];
    if (flower === undefined) throw new RangeError(`flower ${index} of ${flowers.length}`);
    return flower;
  };
  return {
    name: "flowers",
    location,
    kind: "sample",
    records,
    ignored: [],
    fingerprint: fingerprintOfDrawings(),
    measure: async () => ({ height: statedSize, width: statedSize, channels: 3 }),
    decode: async (index, format) => {
      const { kind, number } = flowerAt(index);
      // Drawn twice as large as wanted and scaled down: finer edges than the renderer's own.
      const size = 2 * Math.max(format.height, format.width);
      return await scaleToCover(sharp(Buffer.from(flowerSvg(kind, number, size))).removeAlpha(), format);
    },
  };
}

/** Changes with the drawing code, even when its version was forgotten. */
function fingerprintOfDrawings(): string {
  const hash = createHash("sha256").update(`flowers ${flowersVersion} ${numberOfEach}`);
  for (const kind of flowerKinds) {
    for (let number = 0; number < 12; number++) hash.update(flowerSvg(kind, number, statedSize));
  }
  return hash.digest("hex");
}
