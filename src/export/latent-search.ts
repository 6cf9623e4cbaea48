import { AtelierError } from "../foundation/errors.ts";
import type { Random } from "../foundation/random.ts";
import {
  add,
  divide,
  elementCount,
  gradient,
  input,
  isGreater,
  mean,
  multiply,
  slice,
  softmax,
  square,
  subtract,
  sum,
  toFloat,
} from "../graph/index.ts";
import { adam } from "../nn/index.ts";
import { Program, ProgramState } from "../runtime/index.ts";
import { classesOf, oneHotRows } from "./asked-classes.ts";
import type { GeneratorNetwork } from "./generator-network.ts";
import { type PerceptualView, perceptualDistance, squaredDistance } from "./perceptual-distance.ts";

const LEARNING_RATE = 0.1;
/** Deviation of the noise at the first step. */
const NOISE = 0.05;
/** Share of the steps in which the noise fades away. */
const NOISE_FADES = 0.75;
/** What keeps a vector near the usual length: a weak pull, for it must not outweigh the picture. */
const PULL = 0.001;

/** Probability of the class that a search with a free class begins with. */
const FIRST_CLASS = 0.9;

/** One vector on its way. */
export interface Start {
  readonly target: Uint8Array;
  readonly vector: Float32Array;
  /** Of a generator that has learned classes: the number of the one that the picture is of, or begins with. */
  readonly class?: number | undefined;
  /** Draws its noise. */
  readonly random: Random;
}

/**
 * Compiled steps of the search of `projectImages`, one program for each number of vectors at once. Of a generator that has
 * learned classes the class may be searched for, too: its logits then stand behind the vector, and move as it does.
 */
export class LatentSearch {
  readonly #network: GeneratorNetwork;
  readonly #see: PerceptualView | undefined;
  readonly #steps: number;
  readonly #programs = new Map<string, { readonly program: Program; readonly state: ProgramState }>();

  constructor(network: GeneratorNetwork, see: PerceptualView | undefined, steps: number) {
    this.#network = network;
    this.#see = see;
    this.#steps = steps;
  }

  /**
   * Goes the steps [from, to) with each vector; the moments begin anew.
   * @param isFree whether the class is searched for; otherwise it stays.
   * @returns also the loss of each at the last step, and the class: where it was searched for the likeliest.
   */
  async run(
    starts: readonly Start[],
    { from, to, isFree }: { readonly from: number; readonly to: number; readonly isFree: boolean },
    tell: (step: number) => void,
  ) {
    const rows = starts.length;
    const { latent } = this.#network.metadata;
    const { length: classes } = classesOf(this.#network.metadata);
    const free = isFree ? classes : 0;
    const { program, state } = await this.#programFor(rows, free);
    const numbers = starts.map((start) => start.class ?? 0);
    const vectors = Float32Array.from(
      starts.flatMap(({ vector }, row) => [...vector, ...firstLogits(numbers[row] ?? 0, free)]),
    );
    const initial = [...state.declared].map(
      ([name, { shape }]) =>
        [name, name === VECTORS ? vectors : new Float32Array(elementCount(shape.map(Number)))] as const,
    );
    state.set(new Map(initial));
    const targets = new Uint8Array(Buffer.concat(starts.map(({ target }) => target)));
    const optimizer = adam({ learningRate: LEARNING_RATE, schedule: (step) => rateAt((from + step) / this.#steps) });
    let losses = new Float32Array(rows);
    for (let step = from; step < to; step++) {
      const deviation = NOISE * Math.max(0, 1 - step / this.#steps / NOISE_FADES) ** 2;
      const noise = new Float32Array(rows * latent);
      for (const [row, { random }] of starts.entries())
        random.fillNormals(noise.subarray(row * latent, (row + 1) * latent));
      const scalars = Object.entries(optimizer.scalars(step - from + 1)).map(
        ([name, value]) => [name, Float32Array.of(value)] as const,
      );
      const results = await program.run({
        targets,
        noise: noise.map((value) => value * deviation),
        class: oneHotRows(numbers, classes),
        ...Object.fromEntries(scalars),
      });
      losses = Float32Array.from(results.get("losses")?.floats() ?? []);
      if (step === 0 && results.get("slope")?.floats()[0] === 0) throw withoutSlope(this.#network.path);
      tell(step + 1);
    }
    const found = (await state.values([VECTORS])).get(VECTORS) ?? vectors;
    return starts.map((start, row): Found => {
      const own = found.slice(row * (latent + free), (row + 1) * (latent + free));
      const logits = own.subarray(latent);
      const likeliest = free === 0 ? start.class : logits.indexOf(Math.max(...logits));
      return { ...start, vector: own.slice(0, latent), class: likeliest, loss: losses[row] ?? Number.NaN };
    });
  }

  async release(): Promise<void> {
    for (const { program, state } of this.#programs.values()) {
      await program.release();
      await state.release();
    }
  }

  async #programFor(rows: number, free: number) {
    const key = `${rows} ${free}`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const { outputs, update, declared } = stepOf(this.#network, this.#see, rows, free);
    const zeros = declared.map(({ name, shape }) => [name, new Float32Array(elementCount(shape.map(Number)))] as const);
    const state = ProgramState.of(declared, new Map(zeros));
    const program = await Program.compile({ outputs, state: update }, state, { device: "cpu" });
    const made = { program, state };
    this.#programs.set(key, made);
    return made;
  }
}

const VECTORS = "vectors";

/** A vector after some steps. */
export interface Found extends Start {
  readonly loss: number;
}

/** Logits of the class to begin with. @param free classes that are searched among. */
function firstLogits(number: number, free: number): readonly number[] {
  const logit = Math.log((FIRST_CLASS * Math.max(1, free - 1)) / (1 - FIRST_CLASS));
  return Array.from({ length: free }, (_, index) => (index === number ? logit : 0));
}

/** One step of `rows` vectors as a graph. @param free classes that are searched among: their logits stand behind the vector. */
function stepOf({ metadata, pictures }: GeneratorNetwork, see: PerceptualView | undefined, rows: number, free: number) {
  const { format, latent } = metadata;
  const { length: classes } = classesOf(metadata);
  const parameter = input(VECTORS, [rows, latent + free]);
  const vectors = slice(parameter, [0, 0], [rows, latent]);
  const classed = free > 0 ? softmax(slice(parameter, [0, latent], [rows, free]), 1) : input("class", [rows, classes]);
  const noise = input("noise", [rows, latent]);
  const bytes = input("targets", [rows, format.channels, format.height, format.width], "uint8");
  const targets = subtract(divide(toFloat(bytes), 127.5), 1);
  const made = classes === 0 ? pictures(add(vectors, noise)) : pictures(add(vectors, noise), classed);
  const pull = multiply(square(subtract(mean(square(vectors), [1]), 1)), PULL);
  const ofPixels = squaredDistance(made, targets);
  const seen = see === undefined ? ofPixels : add(ofPixels, perceptualDistance(see, made, targets));
  // The sum keeps the vectors apart: the gradient of each is that of its own loss.
  const slopeOfSeen = gradient(sum(seen), parameter);
  // Adam makes steps of one size of slopes of any size. Where there is none, as in the number that chooses a mixture's
  // component, the pull alone would lead across the border to another.
  const hasSlope = isGreater(square(slopeOfSeen), 0);
  const slope = add(slopeOfSeen, multiply(gradient(sum(pull), parameter), hasSlope));
  const optimizer = adam({ learningRate: LEARNING_RATE });
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars(1)).map((name) => [name, input(name, [])]));
  const slots = Object.fromEntries(optimizer.slots.map((name) => [name, input(`slot:${name}`, [rows, latent + free])]));
  const next = optimizer.step(parameter, slope, slots, scalars);
  return {
    outputs: { losses: add(seen, pull), slope: sum(square(slopeOfSeen)) },
    update: [
      { current: parameter, next: next.parameter },
      ...optimizer.slots.map((name) => ({
        current: slots[name] ?? parameter,
        next: next.slots[name] ?? parameter,
      })),
    ],
    declared: [parameter, ...Object.values(slots)],
  };
}

/** What multiplies the step size at a share of the way: Karras et al. 2020, appendix D. */
function rateAt(share: number): number {
  const rise = Math.min(1, share / 0.05 + 0.02);
  const fall = 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, (1 - share) / 0.25));
  return rise * fall;
}

function withoutSlope(path: string): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: path,
    expected: "a generator whose pictures change smoothly with the vector",
    received: "one whose pictures jump from one to the next, such as that of a VQ-VAE",
    help: "`atelier reconstruct RUN IMAGES` encodes images with the run's own encoder",
  });
}
