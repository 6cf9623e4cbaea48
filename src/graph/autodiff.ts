import { internalError } from "../foundation/errors.ts";
import { add } from "./operators/arithmetic.ts";
import { reshape } from "./operators/movement.ts";
import { sum } from "./operators/reductions.ts";
import { broadcastShapes, elementCount, equalShapes, formatShape } from "./shape.ts";
import { type Computed, constant, scalar, type Tensor, withScope } from "./tensor.ts";
import { topologicalOrder } from "./traverse.ts";

/**
 * Gradients of a scalar with respect to each of `variables`, by reverse-mode differentiation. They are tensors like any
 * other, made of differentiable operators, so they can be differentiated again.
 * @param loss shape [].
 * @returns one tensor a variable, of the variable's shape; zeros where the loss does not depend on it.
 */
export function gradients(loss: Tensor, variables: readonly Tensor[]): readonly Tensor[] {
  if (loss.shape.length !== 0)
    throw internalError("gradients", `the loss has shape ${formatShape(loss.shape)}, not []`);
  const order = topologicalOrder([loss]);
  const wanted = dependents(order, new Set(variables));
  const upstream = new Map<Tensor, Tensor>([[loss, scalar(1)]]);
  for (const tensor of order.toReversed()) {
    const gradient = upstream.get(tensor);
    if (gradient === undefined || tensor.kind !== "computed" || !wanted.has(tensor)) continue;
    withScope(tensor.scope, () => {
      inputGradients(tensor, gradient).forEach((contribution, index) => {
        const argument = tensor.inputs[index];
        if (argument === undefined || contribution === null || !wanted.has(argument)) return;
        const before = upstream.get(argument);
        const own = sumBroadcast(contribution, argument);
        upstream.set(argument, before === undefined ? own : add(before, own));
      });
    });
  }
  return variables.map((variable) => upstream.get(variable) ?? zerosLike(variable));
}

/** The gradient of a scalar with respect to one variable; see {@link gradients}. */
export function gradient(loss: Tensor, variable: Tensor): Tensor {
  const [slope] = gradients(loss, [variable]);
  if (slope === undefined) throw internalError("gradient", "none for its variable");
  return slope;
}

function inputGradients(tensor: Computed, upstream: Tensor): readonly (Tensor | null)[] {
  const { operation, inputs } = tensor;
  const result = operation.gradient(inputs, tensor, upstream);
  if (result.length !== inputs.length) {
    throw internalError(operation.name, `${result.length} gradients for ${inputs.length} inputs`);
  }
  return result;
}

/** The tensors of `order` that depend on a variable, variables included: only they need gradients. */
function dependents(order: readonly Tensor[], variables: ReadonlySet<Tensor>): ReadonlySet<Tensor> {
  const found = new Set<Tensor>();
  for (const tensor of order) {
    const depends = tensor.kind === "computed" && tensor.inputs.some((argument) => found.has(argument));
    if (depends || variables.has(tensor)) found.add(tensor);
  }
  return found;
}

/** Undoes broadcasting: sums the gradient over the axes along which `argument` was repeated. The only place that does. */
function sumBroadcast(gradient: Tensor, argument: Tensor): Tensor {
  if (gradient.dtype !== "float32") throw internalError("gradients", `a gradient of type ${gradient.dtype}`);
  if (equalShapes(gradient.shape, argument.shape)) return gradient;
  if (!equalShapes(broadcastShapes("gradients", argument.shape, gradient.shape), gradient.shape)) {
    throw internalError("gradients", `${formatShape(gradient.shape)} for ${formatShape(argument.shape)}`);
  }
  const missing = gradient.shape.length - argument.shape.length;
  const repeated = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < missing || (argument.shape[axis - missing] === 1 && gradient.shape[axis] !== 1));
  return reshape(sum(gradient, repeated), argument.shape);
}

function zerosLike({ shape }: Tensor): Tensor {
  const known = shape.filter((size) => size !== "batch");
  if (known.length !== shape.length) throw internalError("gradients", "a variable has an open batch dimension");
  return constant(new Float64Array(elementCount(known)), known);
}
