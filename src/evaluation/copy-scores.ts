import type { ImageSet } from "../data/index.ts";
import { checkCopies } from "./copy-check.ts";
import { encodeCopyPicture } from "./copy-picture.ts";
import { drawnFrom } from "./drawn-images.ts";
import { type MetricName, metricGroups } from "./metric-names.ts";
import type { Copying, Refusal, Score } from "./score-card.ts";
import type { EvaluationSubject } from "./subject.ts";
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
  const { reference, subject } = options;
  const { train, heldOut } = reference.dataset;
  // Where nothing is known to be held out from the images' generator, it may have learned from all.
  const isHeldOut = reference.trained || reference.drawnHere !== true;
  const training = workshop.real(isHeldOut ? "train" : "all", train.count + heldOut.count);
  const check = await checkCopies({
    generated,
    training,
    heldOut: workshop.real("heldOut", isHeldOut ? MOST_CHECKED : 0),
    extractor: workshop.extractor(index),
    products,
    subject: subject.kind === "images" ? "images" : "generator",
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
      const part = metric === "duplicates" ? {} : { reference: isHeldOut ? ("train" as const) : ("all" as const) };
      workshop.scores.push({ metric, extractor: index, ...part, ...score, ...counts, unsafe: [], rough: [] });
    }
  }
  if (copying.alarm) workshop.alarms.push(copying.finding);
  if (duplicates.value >= MANY_REPEATED) workshop.alarms.push(repetition(subject.kind, duplicates.value));
  const suspects = copying.suspects.map((suspect) => {
    const number = numbers[suspect.generated] ?? -1;
    const name = images.names?.[number];
    return { ...suspect, generated: number, ...(name !== undefined && name !== "" && { name }) };
  });
  return { copying: { ...copying, suspects }, picture: await encodeCopyPicture(check, generated, training) };
}

/** Share of images that repeat each other from which a user is told. */
const MANY_REPEATED = 0.1;

function repetition(kind: EvaluationSubject["kind"], share: number): string {
  const which = kind === "images" ? "images" : "pictures";
  const meaning = kind === "images" ? "" : ": the generator makes only a few different pictures";
  return `${(100 * share).toFixed(0)} % of the ${which} repeat another one${meaning}.`;
}

function unmeasured(metric: MetricName): Omit<Refusal, "metric"> {
  return metric === "copying-z"
    ? {
        reason: "too few held-out images to compare with",
        help: "hold out more images: --set heldOut=0.2, or a test/ folder",
      }
    : { reason: "too few training images to compare with", help: "give the images that it learned from" };
}
