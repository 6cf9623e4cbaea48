import { AtelierError } from "../foundation/errors.ts";
import { equalShapes, formatShape, knownElementCount, type TensorType } from "./shape.ts";
import { type Computed, type Input, type Tensor, withScope } from "./tensor.ts";
import { topologicalOrder } from "./traverse.ts";

/**
 * Checks a graph as a whole: applies the type rule of every node to its inputs again and compares the result with the
 * type that the node carries; constants have as many values as their shape says; inputs of one name have one type.
 * Gradient rules and rewrites build nodes without looking back: an error in one is found here, by the node it made,
 * and not by the engine or in the numbers.
 * @throws AtelierError that names the operator, its layer and both types.
 */
export function typecheck(outputs: readonly Tensor[]): void {
  const named = new Map<string, Input>();
  for (const tensor of topologicalOrder(outputs)) {
    switch (tensor.kind) {
      case "input": {
        const other = named.get(tensor.name) ?? tensor;
        if (!sameType(other, tensor)) throw typeError(`input ${tensor.name}`, formatType(other), formatType(tensor));
        named.set(tensor.name, tensor);
        break;
      }
      case "constant": {
        const { shape, values, dtype } = tensor;
        const fits = knownElementCount(shape) === values.length && dtype === "float32" && !shape.includes("batch");
        if (!fits) throw typeError("constant", formatType(tensor), `${values.length} float32 values`);
        break;
      }
      case "computed":
        checkNode(tensor);
    }
  }
}

function checkNode(tensor: Computed): void {
  const { operation, inputs, scope } = tensor;
  const ruled = withScope(scope, () => operation.type(inputs));
  if (sameType(ruled, tensor)) return;
  const from = inputs.map(formatType).join(", ");
  const where = scope === "" ? operation.name : `${operation.name} at ${scope}`;
  throw typeError(`${where}, of ${from}`, formatType(ruled), formatType(tensor));
}

function sameType(left: TensorType, right: TensorType): boolean {
  return left.dtype === right.dtype && equalShapes(left.shape, right.shape);
}

/** `float32 [batch, 3]`. */
function formatType({ dtype, shape }: TensorType): string {
  return `${dtype} ${formatShape(shape)}`;
}

function typeError(where: string, expected: string, received: string): AtelierError {
  return new AtelierError({
    kind: "internal",
    where,
    expected,
    received,
    help: "a gradient rule or a rewrite built this node wrongly; printGraph shows where it stands",
  });
}
