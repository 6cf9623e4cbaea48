import { internalError } from "../foundation/errors.ts";

/**
 * C_T, whether generated images lie nearer to the training images than held-out real ones do: far below 0 means that the generator
 * copies, far above 0 that it does not reach the data (Meehan, Chaudhuri and Dasgupta 2020, "A Non-Parametric Test to Detect
 * Data-Copying in Generative Models"). It is the z-score of the Mann-Whitney test over all images at once, ties counted by halves and
 * taken out of the variance; the paper's division of the space into cells is not made. 0 where all distances are equal.
 *
 * A blurred or truncated generator is nearer to the training images, too, and has a C_T below 0 without copying any.
 * @param generated distance of each generated image to its nearest training image.
 * @param heldOut the same of held-out images.
 */
export function copyingStatistic(generated: ArrayLike<number>, heldOut: ArrayLike<number>): number {
  const [n, m] = [generated.length, heldOut.length];
  if (n === 0 || m === 0) throw internalError("copyingStatistic", `${n} generated and ${m} held-out distances`);
  const pooled = Float64Array.from([...Array.from(generated), ...Array.from(heldOut)]);
  const order = Uint32Array.from(pooled.keys()).sort((one, other) => (pooled[one] ?? 0) - (pooled[other] ?? 0));
  let rankSum = 0;
  let ties = 0;
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && pooled[order[end] ?? 0] === pooled[order[first] ?? 0]) end++;
    const tied = end - first;
    ties += tied ** 3 - tied;
    // Ranks count from 1, and equal distances share the mean of theirs.
    const rank = (first + 1 + end) / 2;
    for (let place = first; place < end; place++) if ((order[place] ?? 0) < n) rankSum += rank;
    first = end;
  }
  const above = rankSum - (n * (n + 1)) / 2 - (n * m) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  return variance > 0 ? above / Math.sqrt(variance) : 0;
}

/**
 * Which generated images are authentic, 1, and which are not, 0: they are when they lie farther from their nearest training image
 * than that one lies from its own nearest (Alaa, van Breugel, Saveliev and van der Schaar 2022, "How Faithful is your Synthetic Data?").
 * Their share is AuthPct.
 * @param distances of each generated image to its nearest training image.
 * @param own distance of that training image to its own nearest other one.
 */
export function authenticImages(distances: ArrayLike<number>, own: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(distances, (distance, image) => (distance > (own[image] ?? 0) ? 1 : 0));
}

/**
 * How near each generated image is to its nearest training image, in units of how far training images are from one another there: 0 is the
 * same image, about 1 a new one. Infinite where the training images there are all equal, so that nothing can be said.
 * @param distances of each generated image to its nearest training image.
 * @param own distance of that training image to other ones.
 */
export function copyRatios(distances: ArrayLike<number>, own: ArrayLike<number>): Float64Array {
  return Float64Array.from(distances, (distance, image) => {
    const unit = own[image] ?? 0;
    return unit > 0 ? distance / unit : Number.POSITIVE_INFINITY;
  });
}

/**
 * Probability that chance alone puts at least `found` of the marked images among the first `count`: Fisher's exact test, one-sided.
 * @param found marked images among the first `count`.
 * @param otherFound marked images among the other `otherCount`.
 */
export function excessProbability(found: number, count: number, otherFound: number, otherCount: number): number {
  const marked = found + otherFound;
  const logOf = logFactorials(count + otherCount);
  const choose = (n: number, k: number) => (logOf[n] ?? 0) - (logOf[k] ?? 0) - (logOf[n - k] ?? 0);
  let probability = 0;
  for (let among = found; among <= Math.min(marked, count); among++) {
    if (marked - among > otherCount) continue;
    const logProbability =
      choose(count, among) + choose(otherCount, marked - among) - choose(count + otherCount, marked);
    probability += Math.exp(logProbability);
  }
  return Math.min(1, probability);
}

function logFactorials(most: number): Float64Array {
  const logs = new Float64Array(most + 1);
  for (let number = 2; number <= most; number++) logs[number] = (logs[number - 1] ?? 0) + Math.log(number);
  return logs;
}
