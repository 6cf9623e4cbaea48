import { AtelierError, messageOf } from "../foundation/errors.ts";
import { readNamedFile } from "../foundation/files.ts";
import { OnnxSession } from "../runtime/index.ts";
import { type AskedClass, askedNumbers, classesOf, drawnClass, oneHotRows, withoutClasses } from "./asked-classes.ts";
import { assertSmooth, damagedModel, type GeneratorMetadata, readGeneratorMetadata } from "./generator-file.ts";
import { interpolationPath, type PathOptions } from "./interpolation.ts";
import { latentVector } from "./latent-vector.ts";
import { toBytes } from "./picture.ts";

export interface SampleOptions {
  /** How many pictures. Default: 1. */
  readonly count?: number;
  /** Number of the first picture. Default: 0. */
  readonly first?: number;
  /** Decides the random vectors. Default: 0. Picture i of a seed is the same however many are asked for. */
  readonly seed?: number;
  /**
   * Draws beyond this many deviations are drawn again: lower gives more typical, less varied pictures. The number that chooses
   * the component of a mixture is left as it is. Refused for the generator of a VQ-VAE. Default: none.
   */
  readonly truncation?: number;
  /**
   * Of a generator that has learned classes: the class of all pictures, or a list in which pictures take turns, picture 0 being
   * of the first. Default: each picture's is drawn, with the shares of the training labels.
   */
  readonly class?: AskedClass;
}

export interface InterpolateOptions extends SampleOptions, PathOptions {}

/** Pictures as bytes 0…255, [count, channels, height, width]. */
export interface Sample {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** The class of each; absent where they are of no class, or between classes. */
  readonly classes?: readonly string[];
}

/** Pictures that one run of the model makes at most: bounds the memory of the layers between. */
const BATCH = 64;

/** Pictures of one call are held in memory. */
const MOST_BYTES = 2 ** 31;

/** Below this nearly every draw would be drawn again. */
const LEAST_TRUNCATION = 0.05;

function badOption(where: string, expected: string, received: number): AtelierError {
  return new AtelierError({
    kind: "usage",
    where,
    expected,
    received: String(received),
    help: `give another ${where}`,
  });
}

function tooMany(count: number, most: number): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: "count",
    expected: `at most ${most} pictures of this size at a time`,
    received: String(count),
    help: "make them in several calls with different seeds",
  });
}

/** The options with their defaults. @throws AtelierError (usage) when one is out of range. */
function checked({ count = 1, first = 0, ...others }: SampleOptions) {
  const { truncation = LEAST_TRUNCATION } = others;
  if (!(Number.isSafeInteger(count) && count >= 1)) throw badOption("count", "a whole number of at least 1", count);
  if (!(truncation >= LEAST_TRUNCATION)) throw badOption("truncation", `at least ${LEAST_TRUNCATION}`, truncation);
  if (!(Number.isSafeInteger(first) && first >= 0)) throw badOption("first", "a whole number of at least 0", first);
  return { ...others, count, first };
}

/** Rows of the pictures from `made` on. */
type RowsOf = (made: number, size: number) => Float32Array;

function noClass(known: readonly string[]): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: "classes",
    expected: "the class that each vector's picture is to be of",
    received: "none",
    help: `picturesOf(vectors, ${JSON.stringify(known[0])}); those of a seed's pictures are classes({ count, seed })`,
  });
}

/** A trained generator, from its `generator.onnx` alone. */
export class Generator {
  /** The file that it was loaded from. */
  readonly path: string;
  readonly metadata: GeneratorMetadata;
  readonly #session: OnnxSession;

  private constructor(path: string, session: OnnxSession, metadata: GeneratorMetadata) {
    this.path = path;
    this.#session = session;
    this.metadata = metadata;
  }

  /** @throws AtelierError (usage) when there is no such file, (file) when it is not a generator of Atelier's. */
  static async load(path: string): Promise<Generator> {
    const bytes = await readNamedFile(path, {
      expected: "a run's folder or a generator.onnx",
      absent: "nothing there",
      help: "check the path; `atelier train DATA` makes a run",
    });
    const metadata = readGeneratorMetadata(path, bytes);
    const session = await OnnxSession.open(bytes, { device: "cpu" }).catch((cause: unknown) => {
      throw damagedModel(path, messageOf(cause), cause);
    });
    return new Generator(path, session, metadata);
  }

  /** Makes pictures. */
  async sample(options: SampleOptions = {}): Promise<Sample> {
    const { count, first, ...drawing } = checked(options);
    const numbers = this.#classNumbers(options);
    const pictures = await this.#pictures(
      count,
      (made, size) => this.vectors({ ...drawing, first: first + made, count: size }),
      (made, size) => this.#rowsOf(numbers.slice(made, made + size)),
    );
    return { ...pictures, ...this.#named(numbers) };
  }

  /** The random vectors that {@link sample} makes its pictures from: [count, latent]. */
  vectors(options: SampleOptions = {}): Float32Array {
    const { count, first, seed = 0, truncation } = checked(options);
    const { latent } = this.metadata;
    if (truncation !== undefined) assertSmooth(this.metadata, "truncation");
    const vectors = new Float32Array(count * latent);
    for (let index = 0; index < count; index++) {
      vectors.set(latentVector(this.metadata, seed, first + index, truncation), index * latent);
    }
    return vectors;
  }

  /** Classes that it can be asked for; empty where its pictures are of no class. */
  get classNames(): readonly string[] {
    return classesOf(this.metadata);
  }

  /** The class of each picture that {@link sample} makes of the same options; empty where they are of no class. */
  classes(options: SampleOptions = {}): readonly string[] {
    return this.#classNumbers(options).map((number) => this.metadata.classNames[number] ?? "");
  }

  /** The same as one row for each picture: 1 at its class and 0 elsewhere, [count, classes]. */
  classWeights(options: SampleOptions = {}): Float32Array {
    return this.#rowsOf(this.#classNumbers(options));
  }

  /**
   * The pictures of given vectors, [count, latent], in their order.
   * @param classes of a generator that has learned classes: the class of all, a list in which they take turns, or how much of
   * each class each has, [count, classes], of sum 1 in a row.
   * @throws AtelierError (usage) when vectors or classes do not fit the generator.
   */
  async picturesOf(vectors: Float32Array, classes: AskedClass | Float32Array = []): Promise<Sample> {
    const { latent } = this.metadata;
    const count = vectors.length / latent;
    if (!(Number.isInteger(count) && count >= 1)) {
      throw badOption("vectors", `rows of ${latent} numbers`, vectors.length);
    }
    const vectorsOf = (made: number, size: number) => vectors.subarray(made * latent, (made + size) * latent);
    const { length: known } = this.classNames;
    if (classes instanceof Float32Array) {
      if (classes.length > 0 && known === 0) throw withoutClasses("classes", this.metadata);
      if (classes.length !== count * known)
        throw badOption("classes", `${count} rows of ${known} numbers`, classes.length);
      return this.#pictures(count, vectorsOf, (made, size) => classes.subarray(made * known, (made + size) * known));
    }
    if (classes.length === 0 && known > 0) throw noClass(this.classNames);
    const numbers = classes.length === 0 ? [] : this.#classNumbers({ count, class: classes });
    const pictures = await this.#pictures(count, vectorsOf, (made, size) =>
      this.#rowsOf(numbers.slice(made, made + size)),
    );
    return { ...pictures, ...this.#named(numbers) };
  }

  /**
   * Pictures along a path through the vectors of `count` pictures (default: 2), with `between` more after each; see
   * {@link interpolationPath}. Between pictures of two classes the class goes linearly from one to the other.
   */
  async interpolate({ kind, between, closed, ...sampling }: InterpolateOptions = {}): Promise<Sample> {
    assertSmooth(this.metadata, "interpolation");
    const keyframes = this.vectors({ count: 2, ...sampling });
    const path = interpolationPath(keyframes, this.metadata.latent, { kind, between, closed });
    const weights = this.classWeights({ count: 2, ...sampling });
    return this.picturesOf(
      path,
      interpolationPath(weights, this.classNames.length, { kind: "linear", between, closed }),
    );
  }

  /** The number of the class of each picture of a sample; empty where they are of no class. */
  #classNumbers(options: SampleOptions): readonly number[] {
    const { count, first, seed = 0, class: asked } = checked(options);
    const numbers = asked === undefined ? undefined : askedNumbers(this.metadata, asked);
    if (this.classNames.length === 0) return [];
    return Array.from({ length: count }, (_, index) =>
      numbers === undefined
        ? drawnClass(this.metadata, seed, first + index)
        : (numbers[(first + index) % numbers.length] ?? 0),
    );
  }

  #rowsOf(numbers: readonly number[]): Float32Array {
    return oneHotRows(numbers, this.classNames.length);
  }

  #named(numbers: readonly number[]): Pick<Sample, "classes"> {
    return numbers.length === 0 ? {} : { classes: numbers.map((number) => this.metadata.classNames[number] ?? "") };
  }

  /** @param weightsOf how much of each class, [size, classes]. */
  async #pictures(count: number, vectorsOf: RowsOf, weightsOf: RowsOf): Promise<Sample> {
    const { latent, format } = this.metadata;
    const imageBytes = format.channels * format.height * format.width;
    if (count * imageBytes > MOST_BYTES) throw tooMany(count, Math.floor(MOST_BYTES / imageBytes));
    const bytes = new Uint8Array(count * imageBytes);
    for (let made = 0; made < count; made += BATCH) {
      const size = Math.min(BATCH, count - made);
      const { length: classes } = this.classNames;
      const images = await this.#session.runAll(
        {
          latent: { values: vectorsOf(made, size), shape: [size, latent] },
          ...(classes > 0 && { class: { values: weightsOf(made, size), shape: [size, classes] } }),
        },
        "images",
      );
      bytes.set(toBytes(images), made * imageBytes);
    }
    return { count, bytes };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
