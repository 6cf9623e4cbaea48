/**
 * How far the weight average moves towards the weights after step number `step` (0 for the first): a += share (w - a).
 * The half-life is given in images, and is never longer than 5 % of the images seen so far, so that the first random
 * weights are soon forgotten (ramp-up as in Karras et al. 2020).
 */
export function averageShare(step: number, batch: number, halfLife: number): number {
  const seen = (step + 1) * batch;
  return 1 - 0.5 ** (batch / Math.min(halfLife, 0.05 * seen));
}
