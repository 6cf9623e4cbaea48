/** The number that a draw from N(0, 1) is below with probability `share`; -9 and 9 stand for the infinities. */
export function normalQuantile(share: number): number {
  let [low, high] = [-9, 9];
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The distribution function of N(0, 1), for |x| up to 9: 1/2 + density(x) (x + x^3/3 + x^5/(3 5) + …). */
export function normalDistribution(x: number): number {
  let term = x;
  let total = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(total); odd += 2) {
    term *= (x * x) / odd;
    total += term;
  }
  return 0.5 + (total * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
