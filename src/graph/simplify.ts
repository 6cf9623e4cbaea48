import { reshape } from "./operators/movement.ts";
import { rearranged } from "./rearrange.ts";
import { evaluate } from "./reference.ts";
import { broadcastShapes, equalShapes, knownElementCount } from "./shape.ts";
import { apply, type Computed, type Constant, constant, type Tensor, withScope } from "./tensor.ts";
import { rewrite } from "./traverse.ts";

/** Constants up to this many elements are folded and compared; larger ones would only make the work grow. */
const SMALL = 4096;

/**
 * The same outputs with fewer nodes: equal nodes are shared, small constants are computed now, arithmetic with neutral
 * elements disappears, what was repeated along an axis only to be broadcast again is not repeated, and arithmetic is
 * rearranged where that saves passes; results may differ by rounding.
 */
export function simplify(outputs: readonly Tensor[]): readonly Tensor[] {
  const share = sharing();
  const settle = (tensor: Tensor): Tensor => {
    const plain = tensor.kind === "computed" ? withScope(tensor.scope, () => withoutNeutral(tensor, share)) : tensor;
    const known = plain.kind === "computed" ? folded(plain) : plain;
    if (known.kind !== "computed") return share(known);
    return withScope(known.scope, () => rearranged(known, settle)) ?? share(known);
  };
  return rewrite(outputs, (tensor, inputs) =>
    settle(tensor.kind === "computed" ? rebuild(tensor, withoutRepeats(tensor, inputs)) : tensor),
  );
}

/** The node applied to other inputs. */
function rebuild(tensor: Computed, inputs: readonly Tensor[]): Computed {
  const unchanged = inputs.every((argument, index) => argument === tensor.inputs[index]);
  return unchanged ? tensor : withScope(tensor.scope, () => apply(tensor.operation, inputs));
}

/** A function that returns, of all equal tensors it is given, always the first. Inputs must have been shared before. */
function sharing(): (tensor: Tensor) => Tensor {
  const numbers = new Map<Tensor, number>();
  const first = new Map<string, Tensor>();
  return (tensor) => {
    if (numbers.has(tensor)) return tensor;
    const number = numbers.size;
    const key = keyOf(tensor, numbers) ?? `unique ${number}`;
    const known = first.get(key);
    if (known !== undefined) return known;
    first.set(key, tensor);
    numbers.set(tensor, number);
    return tensor;
  };
}

/** Equal keys mean equal tensors; undefined for constants that are too large to compare. */
function keyOf(tensor: Tensor, numbers: ReadonlyMap<Tensor, number>): string | undefined {
  switch (tensor.kind) {
    case "input":
      return `input ${tensor.name} ${tensor.dtype} ${tensor.shape.join()}`;
    case "constant":
      return isSmall(tensor) ? `constant ${tensor.shape.join()} : ${signed(tensor).join()}` : undefined;
    case "computed": {
      const { name, attributes } = tensor.operation;
      return `${name} ${JSON.stringify(attributes)} ${tensor.inputs.map((argument) => numbers.get(argument)).join()}`;
    }
  }
}

/** The values as text in which 0 and -0 differ. */
function signed({ values }: Constant): string[] {
  return Array.from(values, (value) => (Object.is(value, -0) ? "-0" : String(value)));
}

const isSmall = (tensor: Tensor): boolean => knownElementCount(tensor.shape) <= SMALL;

function folded(tensor: Computed): Tensor {
  // Constants are float32.
  if (tensor.dtype !== "float32" || !isSmall(tensor) || tensor.shape.includes("batch")) return tensor;
  if (!tensor.inputs.every((argument) => argument.kind === "constant" && isSmall(argument))) return tensor;
  const [value] = evaluate([tensor]);
  return value === undefined ? tensor : constant(value.data, value.shape);
}

const broadcasting = new Set(["add", "subtract", "multiply", "divide", "maximum", "minimum", "isGreater", "isEqual"]);

/** The inputs of element-wise arithmetic without repetitions that broadcasting makes anyway. */
function withoutRepeats(tensor: Computed, inputs: readonly Tensor[]): readonly Tensor[] {
  const [left, right] = inputs;
  if (!broadcasting.has(tensor.operation.name) || left === undefined || right === undefined) return inputs;
  const fits = (one: Tensor, other: Tensor) =>
    equalShapes(broadcastShapes(tensor.operation.name, one.shape, other.shape), tensor.shape);
  const shortLeft = beforeExpand(left);
  const newLeft = fits(shortLeft, right) ? shortLeft : left;
  const shortRight = beforeExpand(right);
  return [newLeft, fits(newLeft, shortRight) ? shortRight : right];
}

function beforeExpand(tensor: Tensor): Tensor {
  if (tensor.kind !== "computed" || tensor.operation.name !== "expand") return tensor;
  return tensor.inputs[0] ?? tensor;
}

/** x + 0, x - 0, x * 1, x / 1 and reshapes of reshapes, without what changes nothing. */
function withoutNeutral(tensor: Computed, share: (tensor: Tensor) => Tensor): Tensor {
  const [left, right] = tensor.inputs;
  if (left === undefined) return tensor;
  switch (tensor.operation.name) {
    case "reshape":
      return left.kind === "computed" && left.operation.name === "reshape" && left.inputs[0] !== undefined
        ? share(reshape(left.inputs[0], tensor.shape))
        : tensor;
    case "add":
      return keptOperand(tensor, right, 0, left) ?? keptOperand(tensor, left, 0, right) ?? tensor;
    case "subtract":
      return keptOperand(tensor, right, 0, left) ?? tensor;
    case "multiply":
      return keptOperand(tensor, right, 1, left) ?? keptOperand(tensor, left, 1, right) ?? tensor;
    case "divide":
      return keptOperand(tensor, right, 1, left) ?? tensor;
    default:
      return tensor;
  }
}

/** `operand`, where `neutral` is a constant filled with the neutral value and the shapes allow it. */
function keptOperand(
  tensor: Computed,
  neutral: Tensor | undefined,
  value: number,
  operand: Tensor | undefined,
): Tensor | undefined {
  if (operand === undefined || neutral?.kind !== "constant" || !equalShapes(operand.shape, tensor.shape))
    return undefined;
  return isFilledWith(neutral, value) ? operand : undefined;
}

function isFilledWith({ values }: Constant, value: number): boolean {
  return values.every((element) => element === value);
}
