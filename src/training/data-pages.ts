import { BatchOrder, type Dataset, fillBatch, imagesSkipped } from "../data/index.ts";
import { encodeGrid } from "../export/index.ts";
import { writeFileWhole } from "../foundation/files.ts";
import type { RunFolder } from "./run-folder.ts";

/** Writes what a run's folder says of its data: the data report, the labels that training sees, a grid of real images. */
export async function writeDataPages(run: RunFolder, dataset: Dataset, seed: number): Promise<void> {
  const { train, heldOut, skipped, remarks, labelDraw, ignored, classNames, format, name } = dataset;
  const count = (labels: Int32Array, wanted: number) => labels.filter((label) => label === wanted).length;
  const parts = { train, heldOut };
  const report = {
    name,
    format,
    /** Always those read and those skipped together. */
    found: train.count + heldOut.count + imagesSkipped(skipped),
    read: train.count + heldOut.count,
    splits: Object.fromEntries(
      Object.entries(parts).map(([part, { count: images, labels }]) => [
        part,
        {
          images,
          labels: Object.fromEntries(classNames.map((className, index) => [className, count(labels, index)])),
          unlabelled: count(labels, -1),
        },
      ]),
    ),
    ...(labelDraw && { labelDraw: { perClass: labelDraw.perClass, classes: labelDraw.classes } }),
    remarks,
    skipped,
    ignored,
  };
  if (labelDraw) await writeFileWhole(run.labels, dataset.labelsTable());
  await writeFileWhole(run.dataReport, `${JSON.stringify(report, null, 2)}\n`);
  const shown = Math.min(64, train.count);
  const real = new Uint8Array(shown * train.imageBytes);
  fillBatch(train, new BatchOrder(train.count, shown, seed).indices(0), real);
  await writeFileWhole(run.realGrid, await encodeGrid(real, format));
}
