import { imageBytesOf, type Split } from "../data/index.ts";
import { type GridOptions, toBytes } from "../export/index.ts";
import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { input } from "../graph/index.ts";
import {
  askedClasses,
  chosenClass,
  classInput,
  classSharesOf,
  drawnPictures,
  formatOf,
  type Method,
  type Players,
  randomSize,
} from "../methods/index.ts";
import { type Feeds, Program, type ProgramState, type SessionOptions } from "../runtime/index.ts";
import type { Config } from "./config.ts";

/** Pictures of every sample grid. */
export const SAMPLES = 64;
/** They are made in parts, so that making them takes little memory beside the step's. */
export const SAMPLED_AT_ONCE = 16;

/** Classes that have a column each in a sample grid; of more, the first have a picture each. Of few, columns are repeated. */
const MOST_COLUMNS = 16;
const USUAL_COLUMNS = 8;

export interface SamplerParts {
  readonly config: Config;
  readonly method: Method;
  /** The networks with the weights that draw and encode. */
  readonly players: Players<string>;
  readonly state: ProgramState;
  /** The training images. */
  readonly train: Split;
}

/** How a sample grid is laid out: where pictures are of classes, a column for each, as long as there is room. */
export function sampleLayout(classes: number): GridOptions {
  if (classes === 0 || classes > MOST_COLUMNS) return {};
  return { columns: classes * Math.max(1, Math.floor(USUAL_COLUMNS / classes)) };
}

/**
 * Pictures of a model in training, from random vectors that the seed decides. `others` is what the method is fed beside
 * them, such as its mixture.
 */
export class Sampler {
  readonly #parts: SamplerParts;
  readonly #program: Program;
  /** The share of each class among the labels that training sees; empty where pictures are of no class. */
  readonly classShares: readonly number[];

  private constructor(parts: SamplerParts, program: Program) {
    this.#parts = parts;
    this.#program = program;
    this.classShares = classSharesOf(parts.train, askedClasses(parts.method));
  }

  static async compile(parts: SamplerParts, options: SessionOptions): Promise<Sampler> {
    const { method, players, state } = parts;
    const latent = input("latent", ["batch", randomSize(method)]);
    const images = drawnPictures(method, latent, players, classInput(method));
    return new Sampler(parts, await Program.compile({ outputs: { images }, state: [] }, state, options));
  }

  /**
   * Of the run's fixed random vectors: [count, channels, height, width], 0 to 255; 64, or whole rows in which the classes take
   * turns, a picture of each from the same vector.
   */
  async samples(others?: Feeds): Promise<Uint8Array> {
    const { config, method } = this.#parts;
    const size = randomSize(method);
    const vectors = randomStream(config.seed, "samples").normals(SAMPLES * size);
    const known = this.classShares.length;
    const { columns } = sampleLayout(known);
    const count = columns === undefined ? SAMPLES : SAMPLES - (SAMPLES % columns);
    const classes = Array.from({ length: count }, (_, index) => index % Math.max(1, known));
    if (columns === undefined) return this.#pictures(vectors, classes, others);
    const shared = new Float32Array(count * size);
    for (let index = 0; index < count; index++) {
      const vector = Math.floor(index / known);
      shared.set(vectors.subarray(vector * size, (vector + 1) * size), index * size);
    }
    return this.#pictures(shared, classes, others);
  }

  /** Pictures `first` to `first + count - 1` of an endless row of other fixed vectors: [count, channels, height, width]. */
  async evaluationPictures(first: number, count: number, others?: Feeds): Promise<Uint8Array> {
    const { config, method } = this.#parts;
    const size = randomSize(method);
    const latent = new Float32Array(count * size);
    const classes: number[] = [];
    for (let index = 0; index < count; index++) {
      const stream = randomStream(config.seed, "evaluation", first + index);
      stream.fillNormals(latent.subarray(index * size, (index + 1) * size));
      classes.push(chosenClass(this.classShares, stream.uniform()));
    }
    return this.#pictures(latent, classes, others);
  }

  release(): Promise<void> {
    return this.#program.release();
  }

  /** What random vectors, [count, size], are drawn as. @param classes of each, which count where pictures are of classes. */
  async #pictures(latent: Float32Array, classes: readonly number[], others: Feeds | undefined): Promise<Uint8Array> {
    const { config, method } = this.#parts;
    const size = randomSize(method);
    const imageBytes = imageBytesOf(formatOf(config));
    const count = latent.length / size;
    const bytes = new Uint8Array(count * imageBytes);
    for (let first = 0; first < count; first += SAMPLED_AT_ONCE) {
      const end = Math.min(count, first + SAMPLED_AT_ONCE);
      const vectors = { latent: latent.subarray(first * size, end * size), ...others };
      const asked = this.classShares.length === 0 ? {} : { class: this.#oneHot(classes.slice(first, end)) };
      const images = (await this.#program.run({ ...vectors, ...asked }, end - first)).get("images");
      if (images === undefined) throw internalError("sampler", "it gave no images");
      bytes.set(toBytes(images.peek()), first * imageBytes);
      images.release();
    }
    return bytes;
  }

  #oneHot(classes: readonly number[]): Float32Array {
    const count = this.classShares.length;
    const rows = new Float32Array(classes.length * count);
    for (const [index, chosen] of classes.entries()) rows[index * count + chosen] = 1;
    return rows;
  }
}
