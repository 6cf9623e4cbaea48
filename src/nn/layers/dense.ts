import { add, formatShape, matmul, shapeError, type Tensor } from "../../graph/index.ts";
import { filled, heNormal, type Initializer } from "../initializers.ts";
import type { Scope } from "../network.ts";
import type { WeightTransform } from "./weight-transforms.ts";

export interface DenseOptions {
  /** Number of outputs. */
  readonly features: number;
  /** Add a trained constant to each output. Default: true. */
  readonly bias?: boolean;
  /** Default: {@link heNormal} of the number of inputs. */
  readonly initializer?: Initializer;
  /** Makes the weight that is used from the trained one, such as spectral normalisation. Default: none. */
  readonly weightTransform?: WeightTransform | undefined;
}

/**
 * A fully connected layer: [batch, inputs] -> [batch, features]. Variables: weight [inputs, features], bias [features].
 * @throws AtelierError when x has not two axes.
 */
export function dense(scope: Scope, x: Tensor, options: DenseOptions): Tensor {
  const { features, bias = true, initializer, weightTransform } = options;
  const inputs = x.shape[1];
  if (typeof inputs !== "number" || x.shape.length !== 2)
    throw shapeError(scope.path, "[batch, inputs]", formatShape(x.shape));
  const weight = scope.parameter("weight", [inputs, features], initializer ?? heNormal(inputs));
  const product = matmul(x, weightTransform?.(scope, weight, 1) ?? weight);
  return bias ? add(product, scope.parameter("bias", [features], filled(0))) : product;
}
