import { reshape, slice, type Tensor } from "../../graph/index.ts";
import { augment } from "../../nn/index.ts";
import { crossEntropy, drawnClasses } from "../labels/one-hot.ts";
import type { StepInputs } from "../method.ts";

/** By no, one, two or three quarter turns. */
export const TURNS = 4;

/** Share of a batch that is turned. */
const SHARE = 1 / 4;

/**
 * What it costs not to see by how many quarter turns images are turned, which is drawn for each of them (Chen et al. 2019,
 * "Self-Supervised GANs via Auxiliary Rotation Loss", section 4): the mean over the first quarter of a batch.
 * @param images square, [batch, channels, side, side].
 * @param judge images -> logits of the turns, [batch, 4].
 */
export function rotationLoss(
  images: Tensor,
  judge: (images: Tensor) => Tensor,
  { uniform }: Pick<StepInputs, "uniform">,
  name: string,
): Tensor {
  const [batch, ...image] = images.shape;
  const count = Math.ceil(Number(batch) * SHARE);
  // One draw both turns an image and says by how much.
  const draws = (_: string, shape: readonly number[]) => reshape(uniform(`rotation/${name}`, [count]), shape);
  const some = slice(images, [0, 0, 0, 0], [count, ...image]);
  const turned = augment(some, draws, { transforms: ["quarterTurn"] });
  return crossEntropy(judge(turned), drawnClasses({ uniform: draws }, { batch: count, classes: TURNS }));
}
