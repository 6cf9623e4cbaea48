import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { EvaluationSubject } from "../../evaluation/index.ts";
import { Generator, type SampleOptions } from "../../export/index.ts";
import { type EvaluationRequest, usualCount } from "./request.ts";

/**
 * Opens a generator as a set of images that are made when they are read; by default as many as there are real ones. Of one that
 * has learned classes it is known of which class each was asked: drawn with the shares of the training labels.
 */
export async function openGenerator(file: string, { images, seed = 0 }: EvaluationRequest, real: number) {
  const generator = await Generator.load(file);
  const { classNames } = generator;
  const { format, step } = generator.metadata;
  const count = images ?? Math.min(usualCount.most, Math.max(usualCount.least, real));
  const subject: EvaluationSubject = {
    kind: "generator",
    place: file,
    sha256: createHash("sha256")
      .update(await readFile(file))
      .digest("hex"),
    step,
    images: {
      format,
      count,
      ...(classNames.length > 0 && { labels: labelsOf(generator, { count, seed }) }),
      read: async (first, wanted) => (await generator.sample({ first, count: wanted, seed })).bytes,
    },
    classNames,
    compressed: false,
  };
  return { subject, close: () => generator.release() };
}

/** Numbers of the classes of a generator's pictures. */
function labelsOf(generator: Generator, pictures: SampleOptions): Int32Array {
  const numbers = new Map(generator.classNames.map((name, number) => [name, number]));
  return Int32Array.from(generator.classes(pictures), (name) => numbers.get(name) ?? -1);
}
