import { createHash } from "node:crypto";
import type { Delivery, ImageRecord, ImageSource } from "../image-source.ts";
import { flowerKinds, flowerSvg, flowersVersion } from "./flowers/flower.ts";

const numberOfEach = 600;
/** The size that the pictures are said to have, small so that a first run is quick; they are drawn at whatever size is asked for. */
const statedSize = 32;
const format = { height: statedSize, width: statedSize, channels: 3 } as const;

/**
 * `sample:flowers`: 2,400 pictures that Atelier draws itself, 600 each of four kinds of flower, one flower a picture. They are the same
 * on every call, and free to use for anything.
 */
export function openSampleFlowers(location: string): ImageSource {
  const flowers = Array.from({ length: numberOfEach }, (_, number) =>
    flowerKinds.map((kind) => ({ kind, number })),
  ).flat();
  const records = flowers.map(({ kind, number }): ImageRecord => {
    const name = `${kind}-${String(number).padStart(3, "0")}`;
    return { name, label: kind, split: null, format };
  });
  const wantedFlowers = function* (wanted: Iterable<number>): Generator<Delivery> {
    for (const index of wanted) {
      const flower = flowers[index];
      if (flower === undefined) throw new RangeError(`flower ${index} of ${flowers.length}`);
      yield { kind: "drawing", index, draw: (side) => flowerSvg(flower.kind, flower.number, side) };
    }
  };
  return {
    name: "flowers",
    location,
    kind: "sample",
    records,
    unusable: [],
    ignored: [],
    remarks: [],
    fingerprint: fingerprintOfDrawings(),
    images: async function* (wanted: Iterable<number> = records.keys()) {
      yield* wantedFlowers(wanted);
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
