import { formatShape, gather, shapeError, type Tensor } from "../../graph/index.ts";
import { type Initializer, normal } from "../initializers.ts";
import type { Scope } from "../network.ts";

export interface EmbeddingOptions {
  /** Number of classes; labels are below it. */
  readonly classes: number;
  /** Length of a class's vector. */
  readonly features: number;
  /** Default: draws from N(0, 1). */
  readonly initializer?: Initializer;
}

/**
 * A trained vector for each class: labels int32 of any shape, such as [batch], -> [batch, features].
 * Variable: table [classes, features].
 * @throws AtelierError when the labels are not int32.
 */
export function embedding(scope: Scope, labels: Tensor, options: EmbeddingOptions): Tensor {
  const { classes, features, initializer = normal(1) } = options;
  if (labels.dtype !== "int32")
    throw shapeError(scope.path, "int32 labels", `${labels.dtype} ${formatShape(labels.shape)}`);
  return gather(scope.parameter("table", [classes, features], initializer), labels, 0);
}
