import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import {
  add,
  elementCount,
  gradients,
  type Input,
  input,
  multiply,
  stopGradient,
  subtract,
  type Tensor,
  toFloat,
} from "../graph/index.ts";
import type { ImageFormat } from "../models/index.ts";
import type { Network, Variable } from "../nn/index.ts";
import type { Method, Phase, Player } from "./method.ts";

/** A whole training step of a method as graph, and what it must be fed; any engine can run it. */
export interface TrainingStep {
  /** uint8 [batch, channels, height, width]: the batch of training images. */
  readonly images: Input;
  /** Draws from N(0, 1), fresh at every step. */
  readonly noises: readonly Input[];
  /** Numbers that depend on the step only (0 for the first), of shape []. */
  readonly scalars: readonly { readonly input: Input; readonly value: (step: number) => number }[];
  /** Scalars to show, by name. */
  readonly report: Readonly<Record<string, Tensor>>;
  readonly state: readonly { readonly current: Input; readonly next: Tensor }[];
  /** First numbers of the whole state, decided by the seed. */
  initialState(seed: number): Map<string, Float32Array>;
  /** The name in the state of the averaged value of a variable of the sampler. */
  averageOf(variable: Variable): string;
}

/** Composes a method's phases, its optimisers and the weight average into one graph. */
export function buildTrainingStep(method: Method, format: ImageFormat, batch: number): TrainingStep {
  return new StepBuilder(method, format, batch).build();
}

/** Images as the networks see them: uint8 0…255 to float -1…1. */
export function normalisedImages(images: Tensor): Tensor {
  return subtract(multiply(toFloat(images), 2 / 255), 1);
}

const averageName = ({ input: { name } }: Variable) => `average/${name}`;

class StepBuilder {
  readonly #method: Method;
  readonly #batch: number;
  readonly #images: Input;
  readonly #noises = new Map<string, Input>();
  readonly #scalars: { input: Input; value: (step: number) => number }[] = [];
  readonly #report: Record<string, Tensor> = {};
  /** Value of every network variable at this point of the step. */
  readonly #values = new Map<string, Tensor>();
  readonly #state: { current: Input; next: Tensor }[] = [];

  constructor(method: Method, { channels, height, width }: ImageFormat, batch: number) {
    this.#method = method;
    this.#batch = batch;
    this.#images = input("images", [batch, channels, height, width], "uint8");
    for (const network of Object.values(method.networks)) {
      for (const { input: current } of network.variables) this.#values.set(current.name, current);
    }
  }

  build(): TrainingStep {
    const { networks, phases } = this.#method;
    phases.forEach((phase, index) => {
      this.#runPhase(phase, `${phase.trains}.${index}`);
    });
    for (const { input: current } of Object.values(networks).flatMap(({ variables }) => variables)) {
      this.#state.push({ current, next: this.#value(current.name) });
    }
    this.#average();
    const initialisers = this.#initialisers();
    return {
      images: this.#images,
      noises: [...this.#noises.values()],
      scalars: this.#scalars,
      report: this.#report,
      state: this.#state,
      averageOf: averageName,
      initialState: (seed) =>
        new Map(
          this.#state.map(({ current }) => [current.name, initialisers.get(current.name)?.(seed) ?? zeros(current)]),
        ),
    };
  }

  #runPhase(phase: Phase<string>, name: string): void {
    const statistics = new Map<string, Tensor>();
    const trained = this.#network(phase.trains);
    const { loss, report } = phase.loss(this.#inputs(), this.#players(trained, statistics));
    Object.assign(this.#report, report);

    const parameters = trained.variables.filter(({ role }) => role === "parameter");
    const before = parameters.map((parameter) => this.#value(parameter.input.name));
    const slopes = gradients(loss, before);
    const { optimizer } = phase;
    const scalars = Object.fromEntries(
      Object.keys(optimizer.scalars(1)).map((key) => [
        key,
        this.#scalar(`${name}/${key}`, (step) => optimizer.scalars(step + 1)[key] ?? Number.NaN),
      ]),
    );
    parameters.forEach((parameter, index) => {
      const slots = Object.fromEntries(
        optimizer.slots.map((slot) => [slot, input(`${name}/${slot}/${parameter.input.name}`, parameter.shape)]),
      );
      const value = before[index];
      const slope = slopes[index];
      if (value === undefined || slope === undefined) throw internalError(name, "a parameter without gradient");
      const updated = optimizer.step(value, slope, slots, scalars);
      // The phases after this one see new numbers, not how they came about: no gradient flows through an update.
      this.#values.set(parameter.input.name, stopGradient(updated.parameter));
      for (const [slot, current] of Object.entries(slots)) {
        this.#state.push({ current, next: updated.slots[slot] ?? current });
      }
    });
    for (const [path, value] of statistics) this.#values.set(path, stopGradient(value));
  }

  #inputs() {
    return {
      real: normalisedImages(this.#images),
      noise: (name: string, shape: readonly number[]) => {
        const noise = this.#noises.get(name) ?? input(`noise/${name}`, shape);
        this.#noises.set(name, noise);
        return noise;
      },
    };
  }

  /** Each network as a function of its input. Only the trained network's statistics are kept: a network that merely judges must not be moved by it. */
  #players(trained: Network, statistics: Map<string, Tensor>): Record<string, Player> {
    return Object.fromEntries(
      Object.entries(this.#method.networks).map(([name, network]): [string, Player] => [
        name,
        (x) => {
          // Each application moves the statistics on from where the one before it left them.
          const applied = network.apply(x, new Map([...this.#values, ...statistics]), "training");
          if (network === trained) for (const [path, value] of applied.statistics) statistics.set(path, value);
          return applied.output;
        },
      ]),
    );
  }

  /** Exponential moving average of the sampler's variables: a += (1 - decay) (w - a). */
  #average(): void {
    const { sampler, averageHalfLife } = this.#method;
    const share = this.#scalar("average/share", (step) => 1 - averageDecay(step, this.#batch, averageHalfLife));
    for (const variable of this.#network(sampler).variables) {
      const current = input(averageName(variable), variable.shape);
      const moved = multiply(subtract(this.#value(variable.input.name), current), share);
      this.#state.push({ current, next: add(current, moved) });
    }
  }

  /** How each piece of state begins, where it does not begin as zeros; an average begins as what it averages. */
  #initialisers(): Map<string, (seed: number) => Float32Array> {
    const initialisers = new Map<string, (seed: number) => Float32Array>();
    for (const network of Object.values(this.#method.networks)) {
      for (const variable of network.variables) {
        const {
          input: { name },
          initializer,
          shape,
        } = variable;
        const draw = (seed: number) => initializer(shape, randomStream(seed, "weights", name));
        initialisers.set(name, draw);
        initialisers.set(averageName(variable), draw);
      }
    }
    return initialisers;
  }

  #scalar(name: string, value: (step: number) => number): Input {
    const scalar = input(name, []);
    this.#scalars.push({ input: scalar, value });
    return scalar;
  }

  #network(name: string): Network {
    const network = this.#method.networks[name];
    if (network === undefined) throw internalError("method", `no network called ${name}`);
    return network;
  }

  #value(name: string): Tensor {
    const value = this.#values.get(name);
    if (value === undefined) throw internalError("method", `no variable called ${name}`);
    return value;
  }
}

/**
 * Decay of the weight average after `step` steps: half-life in images, and never longer than 5 % of the images seen so
 * far, so that the first random weights are soon forgotten (ramp-up as in Karras et al. 2020).
 */
function averageDecay(step: number, batch: number, halfLife: number): number {
  const seen = (step + 1) * batch;
  return 0.5 ** (batch / Math.min(halfLife, 0.05 * seen));
}

function zeros({ shape }: Input): Float32Array {
  return new Float32Array(elementCount(shape.map(Number)));
}
