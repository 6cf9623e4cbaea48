import type { ImageSet } from "../data/index.ts";
import { checkCopies } from "./copy-check.ts";
import { encodeCopyPicture } from "./copy-picture.ts";
import { drawnFrom } from "./drawn-images.ts";
import { type MetricName, metricGroups } from "./metric-names.ts";
import type { Copying, Refusal, Score } from "./score-card.ts";
import type { Workshop } from "./workshop.ts";

/** Generated images that are looked at for copies, and held-out images that they are compared with. */
const MOST_CHECKED = 2000;

/** Adds the scores that say whether images are copies of training images. */
export async function scoreCopying(
  workshop: Workshop,
  index: number,
  images: ImageSet,
): Promise<{ readonly copying: Copying; readonly picture: Uint8Array } | undefined> {
  const wanted = workshop.wanted(metricGroups.copy);
  if (wanted.size === 0) return undefined;
  const { options, products, seed } = workshop;
  const { images: generated, numbers } = drawnFrom(images, MOST_CHECKED, seed);
  const training = workshop.real("train", options.reference.dataset.train.count);
  const check = await checkCopies({
    generated,
    training,
    heldOut: workshop.real("heldOut", MOST_CHECKED),
    extractor: workshop.extractor(index),
    products,
    seed,
    ...workshop.control("looking for copies of training images"),
  });
  const { authentic, copyingZ, duplicates, copying } = check;
  const found: Partial<Record<MetricName, Pick<Score, "value" | "interval">>> = {
    copies: { value: copying.copies },
    ...(authentic && { authentic }),
    ...(copyingZ !== undefined && { "copying-z": { value: copyingZ } }),
    duplicates,
  };
  for (const metric of wanted) {
    const score = found[metric];
    if (score === undefined) workshop.refused.push({ metric, ...unmeasured(metric) });
    else {
      const counts = { real: metric === "duplicates" ? 0 : training.count, generated: generated.count };
      const reference = metric === "duplicates" ? {} : { reference: "train" as const };
      workshop.scores.push({ metric, extractor: index, ...reference, ...score, ...counts, unsafe: [] });
    }
  }
  const suspects = copying.suspects.map((suspect) => ({ ...suspect, generated: numbers[suspect.generated] ?? -1 }));
  return { copying: { ...copying, suspects }, picture: await encodeCopyPicture(check, generated, training) };
}

function unmeasured(metric: MetricName): Omit<Refusal, "metric"> {
  return metric === "copying-z"
    ? {
        reason: "too few held-out images to compare with",
        help: "hold out more images: --set heldOut=0.2, or a test/ folder",
      }
    : { reason: "too few training images to compare with", help: "give the images that it learned from" };
}
