import type { ImageSet } from "../data/index.ts";

/** Images, of which it is known which class was asked for. */
export interface ClassedImages {
  readonly images: ImageSet;
  /** What the labels of the images stand for. */
  readonly classNames: readonly string[];
}

/** The images' labels as numbers into other class names; -1 for a class that is not among them. */
export function labelsAmong({ images, classNames }: ClassedImages, others: readonly string[]): Int32Array {
  const index = classNames.map((name) => others.indexOf(name));
  const labels = images.labels ?? new Int32Array(images.count).fill(-1);
  return labels.map((label) => index[label] ?? -1);
}
