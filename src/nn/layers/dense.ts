import { add, formatShape, matmul, shapeError, type Tensor } from "../../graph/index.ts";
import { filled, heNormal, type Initializer } from "../initializers.ts";
import type { Scope } from "../network.ts";

export interface DenseOptions {
  /** Number of outputs. */
  readonly features: number;
  /** Add a trained constant to each output. Default: true. */
  readonly bias?: boolean;
  /** Default: {@link heNormal} of the number of inputs. */
  readonly initializer?: Initializer;
}

/** A fully connected layer: [batch, inputs] -> [batch, features]. Variables: weight [inputs, features], bias [features]. */
export function dense(scope: Scope, x: Tensor, { features, bias = true, initializer }: DenseOptions): Tensor {
  const inputs = x.shape[1];
  if (typeof inputs !== "number" || x.shape.length !== 2)
    throw shapeError(scope.path, "[batch, inputs]", formatShape(x.shape));
  const weight = scope.parameter("weight", [inputs, features], initializer ?? heNormal(inputs));
  const product = matmul(x, weight);
  return bias ? add(product, scope.parameter("bias", [features], filled(0))) : product;
}
