import type { Dataset, Split } from "../dataset.ts";
import { imageBytesOf, type PixelFormat } from "../images/preparation.ts";
import { openSource } from "../open-source.ts";
import { decodedImages } from "./decoded.ts";

/** The first of the sample flowers as a data set in memory: so many to train on, and so many others held out. */
export async function drawnFlowers(format: PixelFormat, count: { train: number; heldOut: number }): Promise<Dataset> {
  const source = await openSource("sample:flowers");
  const total = count.train + count.heldOut;
  const images = await decodedImages(
    source,
    format,
    Array.from({ length: total }, (_, index) => index),
  );
  const classNames = [...new Set(source.records.map(({ label }) => label ?? ""))].sort();
  const part = (first: number, size: number): Split => ({
    count: size,
    imageBytes: imageBytesOf(format),
    labels: Int32Array.from({ length: size }, (_, index) =>
      classNames.indexOf(source.records[first + index]?.label ?? ""),
    ),
    names: Array.from({ length: size }, (_, index) => source.records[first + index]?.name ?? ""),
    copyImage: (index, target, offset) => {
      const image = images[first + index];
      if (!(image instanceof Uint8Array)) throw new Error(`flower ${first + index} was not drawn`);
      target.set(image, offset);
    },
  });
  return {
    name: "flowers",
    format,
    classNames,
    train: part(0, count.train),
    heldOut: part(count.train, count.heldOut),
    remarks: [],
    labelDraw: null,
    labelsTable: () => "",
    skipped: [],
    ignored: [],
    content: `flowers ${total}`,
    reused: false,
    close: () => {},
  };
}
