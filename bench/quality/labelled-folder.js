// A data set's labelled images alone, for runs that are to see no others.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imagesOf, openDataset } from "../../dist/data/index.js";
import { encodePicture } from "../../dist/export/index.js";

/**
 * Makes a folder of the images that keep their label in the draw of a seed, in folders of their classes; one that is there
 * is taken as it is.
 * @param data a data set with labels.
 * @param parent where the folder is made.
 * @param preparation as of `openDataset`, with `format`, `seed` and `labelsPerClass`.
 * @returns its path.
 */
export async function labelledFolder(data, parent, preparation) {
  const { format, seed, labelsPerClass } = preparation;
  const folder = join(parent, `labelled-${labelsPerClass}-of-each-${seed}-${format.width}x${format.height}`);
  if (existsSync(folder)) return folder;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  const dataset = await openDataset(data, preparation);
  const { classNames } = dataset;
  const images = imagesOf(dataset.train, format);
  for (const [index, label] of images.labels.entries()) {
    if (label < 0) continue;
    const place = join(part, classNames[label]);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `${index}.png`), await encodePicture(await images.read(index, 1), format, 0));
  }
  dataset.close();
  renameSync(part, folder);
  return folder;
}
