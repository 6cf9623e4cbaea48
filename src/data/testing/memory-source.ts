import type { Delivery, ImageRecord, ImageSource } from "../image-source.ts";

/** An image of a source that lies nowhere: what its record says beyond a name, and what is handed out for its index. */
export interface MemoryImage extends Partial<ImageRecord> {
  readonly name: string;
  readonly deliver: (index: number) => Delivery;
}

/** A source that hands out what it is given, in this order. */
export function memorySource(images: readonly MemoryImage[], fields: Partial<ImageSource> = {}): ImageSource {
  return {
    name: "memory",
    location: "memory",
    kind: "numpy",
    records: images.map(({ name, label = null, split = null, format }) => ({
      name,
      label,
      split,
      ...(format && { format }),
    })),
    unusable: [],
    ignored: [],
    remarks: [],
    fingerprint: "",
    images: async function* (wanted: Iterable<number> = images.keys()) {
      for (const index of wanted) {
        const image = images[index];
        if (image === undefined) throw new RangeError(`image ${index} of ${images.length}`);
        yield image.deliver(index);
      }
    },
    ...fields,
  };
}

/** Delivers an image file. */
export function asFile(bytes: Uint8Array): MemoryImage["deliver"] {
  return (index) => ({ kind: "file", index, load: async () => bytes });
}

/** Delivers pixels `[channels, height, width]`. */
export function asPixels(format: NonNullable<ImageRecord["format"]>, pixels: Uint8Array): MemoryImage["deliver"] {
  return (first) => ({ kind: "pixels", first, count: 1, format, pixels });
}

/** Delivers a drawing: a square of one colour. */
export function asDrawing(colour: string): MemoryImage["deliver"] {
  const draw = (side: number): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="100%" height="100%" fill="${colour}"/></svg>`;
  return (index) => ({ kind: "drawing", index, draw });
}

/** Delivers that the image cannot be had. */
export function asBroken(reason: string): MemoryImage["deliver"] {
  return (first) => ({ kind: "broken", first, count: 1, reason });
}
