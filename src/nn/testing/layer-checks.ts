import { input, type Tensor } from "../../graph/index.ts";
import type { OperatorCase } from "../../graph/testing/property-checks.ts";
import { Network, type Scope } from "../index.ts";

// Test support: layers alone, in a network called "net" with nothing else.

export type Layer = (scope: Scope, x: Tensor) => Tensor;

/** A network of one layer, `net/layer`, for inputs of the given shape with any batch. */
export function networkOf(layer: Layer, shape: readonly number[]): Network {
  return new Network("net", ["batch", ...shape.slice(1)], (scope, x) => scope.layer("layer", (own) => layer(own, x)));
}

/**
 * A layer in training as a function of its input and all its variables, which are drawn, for `describeOperator`.
 * Random numbers that it asks for are one more input each.
 */
export function layerCase(layer: Layer, shape: readonly number[]): OperatorCase {
  const network = networkOf(layer, shape);
  const names = network.variables.map(({ input: { name } }) => name);
  return {
    inputs: [{ shape, draw: "distinct" }, ...network.variables.map((variable) => ({ shape: variable.shape }))],
    build: (x, ...values) => {
      if (x === undefined) throw new Error("a layer without input");
      const bindings = new Map(names.map((name, index) => [name, values[index] ?? x]));
      return network.apply(x, bindings, "training", fixedNoise).output;
    },
  };
}

/** A source whose draws are fed as `noise NAME`. */
export function fixedNoise(name: string, shape: readonly number[]): Tensor {
  return input(`noise ${name}`, shape);
}
