/** A mixture of Gaussians over codes: the sum of weight_k N(mean_k, factor_k factor_kᵀ). */
export interface GaussianMixture {
  readonly components: number;
  /** Numbers of a code. */
  readonly size: number;
  /** [components], above 0, of sum 1. */
  readonly weights: Float64Array;
  /** [components, size] */
  readonly means: Float64Array;
  /** [components, size, size], lower triangular. */
  readonly factors: Float64Array;
}
