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
  square,
  subtract,
  sum,
  toFloat,
} from "../graph/index.ts";
import { adam } from "../nn/index.ts";
import { Program, ProgramState } from "../runtime/index.ts";
import type { GeneratorNetwork } from "./generator-network.ts";
import { type PerceptualView, perceptualDistance, squaredDistance } from "./perceptual-distance.ts";

const LEARNING_RATE = 0.1;
/** Deviation of the noise at the first step. */
const NOISE = 0.05;
/** Share of the steps in which the noise fades away. */
const NOISE_FADES = 0.75;
/** What keeps a vector near the usual length: a weak pull, for it must not outweigh the picture. */
const PULL = 0.001;

/** One vector on its way. */
export interface Start {
  readonly target: Uint8Array;
  readonly vector: Float32Array;
  /** Draws its noise. */
  readonly random: Random;
}

/** Compiled steps of the search of `projectImages`, one program for each number of vectors at once. */
export class LatentSearch {
  readonly #network: GeneratorNetwork;
  readonly #see: PerceptualView | undefined;
  readonly #steps: number;
  readonly #programs = new Map<number, { readonly program: Program; readonly state: ProgramState }>();

  constructor(network: GeneratorNetwork, see: PerceptualView | undefined, steps: number) {
    this.#network = network;
    this.#see = see;
    this.#steps = steps;
  }

  /** Goes the steps [from, to) with each vector; the moments begin anew. Returns also the loss of each at the last step. */
  async run(starts: readonly Start[], from: number, to: number, tell: (step: number) => void) {
    const rows = starts.length;
    const { latent } = this.#network.metadata;
    const { program, state } = await this.#programFor(rows);
    const vectors = Float32Array.from(starts.flatMap(({ vector }) => [...vector]));
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
        ...Object.fromEntries(scalars),
      });
      losses = Float32Array.from(results.get("losses")?.floats() ?? []);
      if (step === 0 && results.get("slope")?.floats()[0] === 0) throw withoutSlope(this.#network.path);
      tell(step + 1);
    }
    const found = (await state.values([VECTORS])).get(VECTORS) ?? vectors;
    return { vectors: Float32Array.from(found), losses };
  }

  async release(): Promise<void> {
    for (const { program, state } of this.#programs.values()) {
      await program.release();
      await state.release();
    }
  }

  async #programFor(rows: number) {
    const known = this.#programs.get(rows);
    if (known !== undefined) return known;
    const { outputs, update, declared } = stepOf(this.#network, this.#see, rows);
    const zeros = declared.map(({ name, shape }) => [name, new Float32Array(elementCount(shape.map(Number)))] as const);
    const state = ProgramState.of(declared, new Map(zeros));
    const program = await Program.compile({ outputs, state: update }, state, { device: "cpu" });
    const made = { program, state };
    this.#programs.set(rows, made);
    return made;
  }
}

const VECTORS = "vectors";

/** One step of `rows` vectors as a graph. */
function stepOf({ metadata, pictures }: GeneratorNetwork, see: PerceptualView | undefined, rows: number) {
  const { format, latent } = metadata;
  const vectors = input(VECTORS, [rows, latent]);
  const noise = input("noise", [rows, latent]);
  const bytes = input("targets", [rows, format.channels, format.height, format.width], "uint8");
  const targets = subtract(divide(toFloat(bytes), 127.5), 1);
  const made = pictures(add(vectors, noise));
  const pull = multiply(square(subtract(mean(square(vectors), [1]), 1)), PULL);
  const ofPixels = squaredDistance(made, targets);
  const seen = see === undefined ? ofPixels : add(ofPixels, perceptualDistance(see, made, targets));
  // The sum keeps the vectors apart: the gradient of each is that of its own loss.
  const slopeOfSeen = gradient(sum(seen), vectors);
  // Adam makes steps of one size of slopes of any size. Where there is none, as in the number that chooses a mixture's
  // component, the pull alone would lead across the border to another.
  const hasSlope = isGreater(square(slopeOfSeen), 0);
  const slope = add(slopeOfSeen, multiply(gradient(sum(pull), vectors), hasSlope));
  const optimizer = adam({ learningRate: LEARNING_RATE });
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars(1)).map((name) => [name, input(name, [])]));
  const slots = Object.fromEntries(optimizer.slots.map((name) => [name, input(`slot:${name}`, [rows, latent])]));
  const next = optimizer.step(vectors, slope, slots, scalars);
  return {
    outputs: { losses: add(seen, pull), slope: sum(square(slopeOfSeen)) },
    update: [
      { current: vectors, next: next.parameter },
      ...optimizer.slots.map((name) => ({
        current: slots[name] ?? vectors,
        next: next.slots[name] ?? vectors,
      })),
    ],
    declared: [vectors, ...Object.values(slots)],
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
