import { equalShapes, formatShape } from "../shape.ts";
import { type Constant, type Input, input, type Tensor } from "../tensor.ts";
import type { OnnxFile } from "./decode.ts";
import { fileError, listed } from "./file-error.ts";
import { ruleOf } from "./rules/index.ts";

/** Numbers that an imported network has learned, and that may be learned further. */
export interface OnnxParameter {
  /** Its name in the file. */
  readonly name: string;
  /** Where a program feeds it, called `NETWORK/NAME`. */
  readonly input: Input;
  readonly shape: readonly number[];
  /** The numbers in the file, row-major; they must not be changed. */
  readonly values: Float32Array;
}

/**
 * The floating-point numbers fixed in the file that reach an input of an operator where weights, biases or scales stand:
 * all but statistics of batch normalisations and numbers that are part of the formula.
 */
export function parametersOf(network: string, { nodes, weights }: OnnxFile): readonly OnnxParameter[] {
  const learned = new Set<string>();
  for (const { operator, inputs, outputs } of nodes.toReversed()) {
    const rule = ruleOf(operator);
    for (const index of rule?.learned ?? []) learned.add(inputs[index] ?? "");
    if (rule?.moves === true && learned.has(outputs[0] ?? "")) learned.add(inputs[0] ?? "");
  }
  return [...weights].flatMap(([name, value]) =>
    value.kind === "constant" && value.shape.length > 0 && learned.has(name) ? [parameter(network, name, value)] : [],
  );
}

function parameter(network: string, name: string, value: Constant): OnnxParameter {
  const shape = value.shape.map(Number);
  const values = value.values instanceof Float32Array ? value.values : Float32Array.from(value.values);
  return { name, input: input(`${network}/${name}`, shape), shape, values };
}

/**
 * The tensors bound to parameters, by the names of the file. Bindings of other networks are left alone.
 * @throws AtelierError (file) when one has another shape, or a name that only looks like a parameter's.
 */
export function boundValues(
  network: string,
  parameters: readonly OnnxParameter[],
  bindings: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  const byInput = new Map(parameters.map((own) => [own.input.name, own]));
  const bound = new Map<string, Tensor>();
  for (const [name, value] of bindings) {
    const own = byInput.get(name);
    if (own === undefined) {
      if (!name.startsWith(`${network}/`)) continue;
      const help = `it has the parameters ${listed([...byInput.keys()])}`;
      throw fileError(network, "bindings of parameters", `"${name}"`, help);
    }
    if (!equalShapes(value.shape, own.shape) || value.dtype !== "float32") {
      const received = `${value.dtype} ${formatShape(value.shape)}`;
      throw fileError(name, `float32 ${formatShape(own.shape)}`, received, "bind a tensor of the parameter's shape");
    }
    bound.set(own.name, value);
  }
  return bound;
}
