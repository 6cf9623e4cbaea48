import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import {
  add,
  divide,
  elementCount,
  gradients,
  type Input,
  input,
  multiply,
  subtract,
  type Tensor,
  toFloat,
} from "../graph/index.ts";
import { clippedByGlobalNorm, type Network, type Variable } from "../nn/index.ts";
import type { Method, Phase, StepInputs, Update } from "./method.ts";
import { trainingPlayers } from "./players.ts";
import { StepFeeds } from "./step-feeds.ts";
import { StepState } from "./step-state.ts";
import type { Stage, StepOptions, TrainingStep } from "./training-step.ts";
import { averageShare } from "./weight-average.ts";

/** Images as the networks see them: uint8 0…255 to float -1…1. */
export function normalisedImages(images: Tensor): Tensor {
  return subtract(multiply(toFloat(images), 2 / 255), 1);
}

/** The state of the method's own that it knows as `name`. */
const memoryName = (name: string) => `memory/${name}`;

const averageName = ({ input: { name } }: Variable) => `average/${name}`;

/** A network in training: its parameters, their gradients, and how they are moved. */
interface Trained {
  /** Of the scalars and gradients of this update. */
  readonly name: string;
  readonly network: string;
  /** Number of the phase. */
  readonly phase: number;
  readonly parameters: readonly Variable[];
  readonly slopes: readonly Tensor[];
  readonly update: Update;
}

/** A new value of the method's own state. */
interface Kept {
  readonly name: string;
  readonly value: Tensor;
}

/** Builds the graphs of one step. It keeps the symbolic value that each piece of state has at this point of the step. */
export class StepBuilder {
  readonly #method: Method;
  readonly #batch: number;
  readonly #parts: number;
  readonly #images: Input;
  readonly #feeds = new StepFeeds();
  /** Names and first numbers of the method's own state. */
  readonly #memory = new Map<string, number>();
  readonly #state: StepState;
  readonly #stages: Stage[] = [];
  #report: Record<string, Tensor> = {};
  /** The steps in which the graph that is being built runs. */
  #every = 1;

  constructor(method: Method, { format, batch, parts = 1 }: StepOptions) {
    const { channels, height, width } = format;
    if (batch % parts !== 0) throw internalError("training step", `${parts} parts of a batch of ${batch}`);
    this.#method = method;
    this.#batch = batch;
    this.#parts = parts;
    this.#images = input("images", [batch / parts, channels, height, width], "uint8");
    const variables = Object.values(method.networks).flatMap((network) => network.variables);
    this.#state = new StepState(variables.map((variable) => variable.input));
  }

  build(): TrainingStep {
    this.#method.phases.forEach((phase, index) => {
      this.#runPhase(phase, index);
    });
    this.#beginPhase(1);
    this.#average();
    this.#endStage("once");
    const initialisers = this.#initialisers();
    return {
      images: this.#images,
      parts: this.#parts,
      ...this.#feeds.all(),
      stages: this.#stages,
      state: this.#state.kept,
      scratch: this.#state.scratch,
      averageOf: averageName,
      initialState: (seed) =>
        new Map(this.#state.kept.map((piece) => [piece.name, initialisers.get(piece.name)?.(seed) ?? zeros(piece)])),
    };
  }

  #runPhase(phase: Phase<string>, index: number): void {
    this.#beginPhase(phase.every ?? 1);
    const statistics = new Map<string, Tensor>();
    const players = trainingPlayers(this.#method.networks, {
      isTrained: (network) => network in phase.trains,
      values: () => this.#state.values(),
      noise: (name, shape) => this.#feeds.noise(name, shape),
      statistics,
    });
    const { losses, report, memory = {} } = phase.losses(this.#inputs(), players);
    Object.assign(this.#report, report);
    const trained = Object.entries(phase.trains).map(([network, update]): Trained => {
      const loss = losses[network];
      if (loss === undefined || update === undefined) throw internalError("method", `no loss for ${network}`);
      const parameters = this.#network(network).variables.filter(({ role }) => role === "parameter");
      const slopes = gradients(
        loss,
        parameters.map((parameter) => this.#state.value(parameter.input)),
      );
      return { name: `${network}.${index}`, network, phase: index, parameters, slopes, update };
    });
    for (const [path, value] of statistics) this.#state.assign(this.#state.declared(path), value);
    const kept = Object.entries(memory).map(([name, value]) => ({ name: memoryName(name), value }));
    const whole = this.#parts === 1 ? { trained, kept } : this.#overAllParts(trained, kept);
    for (const { name, value } of whole.kept) this.#state.assign(this.#state.declared(name), value);
    for (const network of whole.trained) this.#update(network);
  }

  /** Ends the graph that is being built where the next phase cannot be in it. */
  #beginPhase(every: number): void {
    if (this.#state.isChanged && (this.#parts > 1 || every !== this.#every)) this.#endStage("once");
    this.#every = every;
  }

  /** Means over the parts of the batch, of gradients and of the method's own state: what follows runs once for all of them. */
  #overAllParts(trained: readonly Trained[], kept: readonly Kept[]) {
    const keep = this.#feeds.scalar("later", (_, part) => (part === 0 ? 0 : 1));
    const meanOf = (name: string, value: Tensor, shape: readonly number[]) => {
      const total = this.#state.addedScratch(name, shape);
      this.#state.assign(total, add(multiply(total, keep), divide(value, this.#parts)));
      return total;
    };
    const means = {
      trained: trained.map((network) => ({
        ...network,
        slopes: network.slopes.map((slope, index) => {
          const parameter = network.parameters[index];
          if (parameter === undefined) throw internalError(network.name, "a gradient without parameter");
          return meanOf(`${network.name}/gradient/${parameter.input.name}`, slope, parameter.shape);
        }),
      })),
      kept: kept.map(({ name, value }) => ({
        name,
        value: meanOf(`${name}/mean`, value, this.#state.declared(name).shape.map(Number)),
      })),
    };
    this.#endStage("each part");
    return means;
  }

  #update({ name, network, phase, parameters, slopes, update }: Trained): void {
    const { optimizer, clipNorm } = update;
    const sharing = this.#method.phases.flatMap(({ trains, every = 1 }, index) =>
      trains[network] === update ? [{ index, every }] : [],
    );
    const owner = `${network}.${sharing[0]?.index ?? phase}`;
    // Updates before this one: those of phases further on have not been made in this step.
    const made = (step: number) =>
      sharing.reduce((total, { index, every }) => total + Math.floor((index < phase ? step + 1 : step) / every), 0);
    const limited = clipNorm === undefined ? slopes : clippedByGlobalNorm(slopes, clipNorm).gradients;
    const scalars = Object.fromEntries(
      Object.keys(optimizer.scalars(1)).map((key) => [
        key,
        this.#feeds.scalar(`${name}/${key}`, (step) => optimizer.scalars(made(step) + 1)[key] ?? Number.NaN),
      ]),
    );
    parameters.forEach((parameter, index) => {
      const slots = Object.fromEntries(
        optimizer.slots.map((slot) => [
          slot,
          this.#state.added(`${owner}/${slot}/${parameter.input.name}`, parameter.shape),
        ]),
      );
      const slope = limited[index];
      if (slope === undefined) throw internalError(name, "a parameter without gradient");
      const updated = optimizer.step(this.#state.value(parameter.input), slope, slots, scalars);
      this.#state.assign(parameter.input, updated.parameter);
      for (const [slot, current] of Object.entries(slots)) this.#state.assign(current, updated.slots[slot] ?? current);
    });
  }

  #inputs(): StepInputs {
    return {
      real: normalisedImages(this.#images),
      noise: (name, shape) => this.#feeds.noise(name, shape),
      uniform: (name, shape) => this.#feeds.uniform(name, shape),
      scalar: (name, value) => this.#feeds.scalar(`scalar/${name}`, value),
      memory: (name, shape, initial = 0) => {
        this.#memory.set(memoryName(name), initial);
        return this.#state.value(this.#state.added(memoryName(name), shape));
      },
      known: (classes) => this.#feeds.known(this.#batch / this.#parts, classes),
      labelled: (count, classes) => {
        const inputs = this.#feeds.labelled(count, classes, this.#images.shape.slice(1).map(Number));
        return { images: normalisedImages(inputs.images), classes: inputs.classes };
      },
    };
  }

  /** Exponential moving averages of the variables of the networks that are used outside of training. */
  #average(): void {
    const { averaged, averageHalfLife } = this.#method;
    const share = this.#feeds.scalar("average/share", (step) => averageShare(step, this.#batch, averageHalfLife));
    for (const variable of averaged.flatMap((name) => this.#network(name).variables)) {
      const average = this.#state.added(averageName(variable), variable.shape);
      this.#state.assign(average, add(average, multiply(subtract(this.#state.value(variable.input), average), share)));
    }
  }

  /** How each piece of state begins, where it does not begin as zeros; an average begins as what it averages. */
  #initialisers(): Map<string, (seed: number) => Float32Array> {
    const initialisers = new Map<string, (seed: number) => Float32Array>();
    for (const variable of Object.values(this.#method.networks).flatMap(({ variables }) => variables)) {
      const { name } = variable.input;
      const draw = (seed: number) => variable.initializer(variable.shape, randomStream(seed, "weights", name));
      initialisers.set(name, draw);
      initialisers.set(averageName(variable), draw);
    }
    for (const [name, initial] of this.#memory) {
      initialisers.set(name, () => zeros(this.#state.declared(name)).fill(initial));
    }
    return initialisers;
  }

  /** Ends a graph here: what follows is another one, which reads the state that this one leaves. */
  #endStage(runs: Stage["runs"]): void {
    const state = this.#state.takeChanges();
    const every = this.#every;
    this.#stages.push({ runs: this.#parts === 1 ? "each part" : runs, every, report: this.#report, state });
    this.#report = {};
  }

  #network(name: string): Network {
    const network = this.#method.networks[name];
    if (network === undefined) throw internalError("method", `no network called ${name}`);
    return network;
  }
}

function zeros({ shape }: Input): Float32Array {
  return new Float32Array(elementCount(shape.map(Number)));
}
