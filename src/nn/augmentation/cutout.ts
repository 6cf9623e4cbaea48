import { abs, constant, isGreater, matmul, multiply, reshape, subtract, type Tensor } from "../../graph/index.ts";
import type { TransformDraws } from "./draws.ts";
import type { PictureShape } from "./geometry.ts";

/** Side of the hole as a share of the picture's. */
const SHARE = 1 / 2;

/**
 * A rectangle of half the height and half the width becomes 0. Its centre lies anywhere in the picture, so that part of it may
 * be outside (DeVries and Taylor 2017, "Improved Regularization of Convolutional Neural Networks with Cutout", section 3).
 */
export function cutout(images: Tensor, [batch, , height, width]: PictureShape, draws: TransformDraws): Tensor {
  const rows = draws.ifApplied(inside(draws.uniform("row"), batch, height));
  const columns = inside(draws.uniform("column"), batch, width);
  const hole = matmul(reshape(rows, [batch, height, 1]), reshape(columns, [batch, 1, width]));
  return multiply(images, reshape(subtract(1, hole), [batch, 1, height, width]));
}

/** 1 for the pixels of an axis that lie in a hole around `centre`, in [0, 1): [batch, side]. */
function inside(centre: Tensor, batch: number, side: number): Tensor {
  const pixels = constant(
    Float64Array.from({ length: side }, (_, pixel) => pixel + 0.5),
    [side],
  );
  const distance = abs(subtract(pixels, multiply(reshape(centre, [batch, 1]), side)));
  return isGreater((SHARE / 2) * side, distance);
}
