import { type ImageSet, imagesOf } from "../data/index.ts";
import { type ExtractorIdentity, FeatureCache, type FeatureExtractor } from "../features/index.ts";
import { internalError } from "../foundation/errors.ts";
import type { FeatureMatrix } from "../metrics/index.ts";
import type { MatrixProducts } from "../runtime/index.ts";
import { imagesOfBoth } from "./drawn-images.ts";
import { type MetricName, metricNames } from "./metric-names.ts";
import { realFeatures } from "./real-features.ts";
import type { KnownCircumstances } from "./safety.ts";
import type { Refusal, Score } from "./score-card.ts";
import type { EvaluateOptions, ReferenceSplit } from "./subject.ts";

/** Fewer images than these on a side say nothing. */
export const LEAST_IMAGES = 10;

const MOST_REAL = 10_000;

/** What all parts of an evaluation share: its options, its tools, and what they have found so far. */
export class Workshop {
  readonly options: EvaluateOptions;
  readonly products: MatrixProducts;
  readonly split: ReferenceSplit;
  readonly seed: number;
  readonly scores: Score[] = [];
  readonly refused: Refusal[] = [];
  /** What is wrong with the images whatever the scores say, a sentence each. */
  readonly alarms: string[] = [];
  /** Scored images that are also among the real ones that they are compared with. */
  shared = 0;
  readonly #wanted: ReadonlySet<MetricName>;
  readonly #cache: FeatureCache;
  readonly #extractors: FeatureExtractor[] = [];

  constructor(options: EvaluateOptions, products: MatrixProducts) {
    const { reference, seed = 0, metrics = metricNames, cacheFolder } = options;
    this.options = options;
    this.products = products;
    this.split = options.split ?? (reference.dataset.heldOut.count >= LEAST_IMAGES ? "heldOut" : "all");
    this.seed = seed;
    this.#wanted = new Set(metrics);
    this.#cache = new FeatureCache(cacheFolder);
  }

  /** Those of some scores that are wanted. */
  wanted<Name extends MetricName>(metrics: readonly Name[]): ReadonlySet<Name> {
    return new Set(metrics.filter((metric) => this.#wanted.has(metric)));
  }

  /** Whether the user named the scores: what cannot be computed is then refused, and else left out. */
  get isAsked(): boolean {
    return this.options.metrics !== undefined;
  }

  get identities(): readonly ExtractorIdentity[] {
    return this.#extractors.map(({ identity }) => identity);
  }

  /** What the scored images are called in words. */
  get scored(): string {
    return this.options.subject.kind === "images" ? "the images to score" : "generated images";
  }

  /** Takes over an extractor. Returns its number in the score card. */
  add(extractor: FeatureExtractor): number {
    return this.#extractors.push(extractor) - 1;
  }

  extractor(index: number): FeatureExtractor {
    const extractor = this.#extractors[index];
    if (extractor === undefined) throw internalError("evaluation", `extractor ${index} of ${this.#extractors.length}`);
    return extractor;
  }

  /** At most so many images of a part of the reference; of both parts, as many of each as it has of all. */
  real(split: ReferenceSplit, most = this.options.mostReal ?? MOST_REAL): ImageSet {
    const { dataset } = this.options.reference;
    const { format } = this.options.subject.images;
    if (split !== "all") return imagesOf(dataset[split], format, most, this.seed);
    return imagesOfBoth(dataset, format, most, this.seed);
  }

  /** The features of real images, from the cache where they were extracted before. */
  realFeatures(extractor: FeatureExtractor, images: ImageSet): Promise<FeatureMatrix> {
    const control = this.control("features of real images");
    return realFeatures(extractor, images, this.options.reference, this.#cache, control);
  }

  /** What is known about both sides, whatever the score. */
  get circumstances(): KnownCircumstances {
    const { subject, reference } = this.options;
    const { trained, drawnHere = false, dataset } = reference;
    const compressed = subject.compressed ? "generated" : "real";
    return {
      content: dataset.content,
      // Pictures of a generator that learned from JPEG files show what JPEG does, too.
      compressed: subject.compressed === reference.compressed || trained ? undefined : compressed,
      shared: this.shared,
      trained,
      drawnHere,
      chosen: subject.chosen ?? false,
    };
  }

  /** What work on a task is given: how to tell how far it is, and when to stop. */
  control(task: string) {
    const { signal } = this.options;
    return { onProgress: (done: number, total: number) => this.progress(task, done, total), ...(signal && { signal }) };
  }

  progress(task: string, done: number, total: number): void {
    this.options.onProgress?.(task, done, total);
  }

  async release(): Promise<void> {
    for (const extractor of this.#extractors) await extractor.release();
  }
}
