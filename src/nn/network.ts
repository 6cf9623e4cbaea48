import { internalError } from "../foundation/errors.ts";
import { type Input, input, type Shape, type Tensor, withScope } from "../graph/index.ts";
import type { Initializer } from "./initializers.ts";

/** A number array that a network owns: a parameter (trained by gradients) or a statistic (kept by the layer itself). */
export interface Variable {
  readonly input: Input;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly role: "parameter" | "statistic";
}

/** Current symbolic value of each variable, by name. */
export type Bindings = ReadonlyMap<string, Tensor>;

/** Whether layers such as batch normalisation use the batch's own statistics or the stored ones. */
export type Mode = "training" | "inference";

/** Builds a network's graph from its input; layers get their variables from the scope. */
export type NetworkDefinition = (scope: Scope, x: Tensor) => Tensor;

/**
 * Gives a float32 tensor of fresh draws from N(0, 1). The same name gives the same draws within a step, so a caller that
 * applies a network twice and wants other draws asks for them under other names.
 */
export type NoiseSource = (name: string, shape: readonly number[]) => Tensor;

interface Frame {
  readonly mode: Mode;
  noise(path: string, shape: readonly number[]): Tensor;
  variable(name: string, shape: readonly number[], initializer: Initializer, role: Variable["role"]): Tensor;
  assign(name: string, value: Tensor): void;
  show(name: string, value: Tensor): void;
}

/** The place in a network where a layer lives: hands out its variables and names its part of the graph. */
export class Scope {
  readonly path: string;
  readonly #frame: Frame;

  constructor(frame: Frame, path: string) {
    this.#frame = frame;
    this.path = path;
  }

  get mode(): Mode {
    return this.#frame.mode;
  }

  /** Builds a layer called `name` inside this one. */
  layer(name: string, build: (scope: Scope) => Tensor): Tensor {
    const child = new Scope(this.#frame, `${this.path}/${name}`);
    return withScope(child.path, () => build(child));
  }

  /** A variable that gradients train. */
  parameter(name: string, shape: readonly number[], initializer: Initializer): Tensor {
    return this.#frame.variable(`${this.path}/${name}`, shape, initializer, "parameter");
  }

  /** A variable that the layer itself keeps with {@link Scope.assign}. */
  statistic(name: string, shape: readonly number[], initializer: Initializer): Tensor {
    return this.#frame.variable(`${this.path}/${name}`, shape, initializer, "statistic");
  }

  /**
   * Fresh draws from N(0, 1) under this layer's path.
   * @throws Error (internal) where the network is applied without a source of noise.
   */
  noise(name: string, shape: readonly number[]): Tensor {
    return this.#frame.noise(`${this.path}/${name}`, shape);
  }

  /** The value that a statistic takes after this step. */
  assign(name: string, value: Tensor): void {
    this.#frame.assign(`${this.path}/${name}`, value);
  }

  /** Lets callers see a tensor inside the network, under a name that is unique in it. It costs nothing where nobody looks. */
  show(name: string, value: Tensor): void {
    this.#frame.show(name, value);
  }
}

/** A definition with its variables: plain data, holding no numbers. */
export class Network {
  readonly name: string;
  /** Shape of an example input, `[batch, …]`. */
  readonly inputShape: Shape;
  readonly variables: readonly Variable[];
  readonly #definition: NetworkDefinition;

  /**
   * @param inputShape shape of an example input, `[batch, …]`; used to learn which variables the layers want.
   */
  constructor(name: string, inputShape: Shape, definition: NetworkDefinition) {
    this.name = name;
    this.inputShape = inputShape;
    this.#definition = definition;
    const declared = new Map<string, Variable>();
    const frame: Frame = {
      mode: "inference",
      noise: withoutNoise,
      variable: (path, shape, initializer, role) => {
        if (declared.has(path)) throw internalError(path, "two layers have this name");
        const variable = { input: input(path, shape), shape, initializer, role };
        declared.set(path, variable);
        return variable.input;
      },
      assign: () => {},
      show: () => {},
    };
    definition(new Scope(frame, name), input("example", inputShape));
    this.variables = [...declared.values()];
  }

  /** Bindings of every variable to its own input: the values at the start of a step. */
  bindings(): Map<string, Tensor> {
    return new Map(this.variables.map((variable) => [variable.input.name, variable.input]));
  }

  /**
   * The network's output for x under the given values of its variables.
   * @param noise what layers such as dropout draw from in training. Default: none, for networks without such layers.
   * @returns also the values that statistics take after this application, by name (none in inference), and what layers show
   *   of the network's inside.
   */
  apply(
    x: Tensor,
    bindings: Bindings,
    mode: Mode,
    noise: NoiseSource = withoutNoise,
  ): { readonly output: Tensor; readonly statistics: Bindings; readonly shown: Bindings } {
    const statistics = new Map<string, Tensor>();
    const shown = new Map<string, Tensor>();
    const frame: Frame = {
      mode,
      noise,
      variable: (path) => {
        const value = bindings.get(path);
        if (value === undefined) throw internalError(path, "no value is bound to this variable");
        return value;
      },
      assign: (path, value) => statistics.set(path, value),
      show: (name, value) => shown.set(name, value),
    };
    const output = withScope(this.name, () => this.#definition(new Scope(frame, this.name), x));
    return { output, statistics, shown };
  }
}

function withoutNoise(path: string): never {
  throw internalError(path, "this layer draws random numbers, and the network is applied without a source of noise");
}
