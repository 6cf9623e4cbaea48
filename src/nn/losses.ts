import { add, mean, multiply, negate, relu, softplus, square, subtract, type Tensor } from "../graph/index.ts";

/**
 * Mean negative log-likelihood of "real" under logits [batch, 1]: -log sigmoid(x). With it the generator's loss is the
 * non-saturating one of Goodfellow et al. 2014, section 3.
 */
export function lossIfReal(logits: Tensor): Tensor {
  return mean(softplus(negate(logits)));
}

/** Mean negative log-likelihood of "generated" under logits [batch, 1]: -log(1 - sigmoid(x)). */
export function lossIfGenerated(logits: Tensor): Tensor {
  return mean(softplus(logits));
}

/** What a pair of adversaries makes small; each function takes the discriminator's output [batch, 1] and gives []. */
export interface AdversarialLoss {
  /** The discriminator's loss is the sum of this, of its output for real images, … */
  readonly ifReal: (logits: Tensor) => Tensor;
  /** … and this, of its output for generated ones. */
  readonly ifGenerated: (logits: Tensor) => Tensor;
  /** The generator's loss, of the discriminator's output for generated images. */
  readonly generator: (logits: Tensor) => Tensor;
}

export const adversarialLossNames = ["nonSaturating", "minimax", "hinge", "leastSquares", "wasserstein"] as const;
export type AdversarialLossName = (typeof adversarialLossNames)[number];

export const adversarialLosses: Readonly<Record<AdversarialLossName, AdversarialLoss>> = {
  /** Goodfellow et al. 2014, "Generative Adversarial Nets", section 3. */
  nonSaturating: { ifReal: lossIfReal, ifGenerated: lossIfGenerated, generator: lossIfReal },

  /**
   * Goodfellow et al. 2014, equation 1: G minimises E log(1 - s(D(G(z)))), whose slope vanishes where D is sure that a picture
   * is generated.
   */
  minimax: {
    ifReal: lossIfReal,
    ifGenerated: lossIfGenerated,
    generator: (logits) => negate(lossIfGenerated(logits)),
  },

  /** max(0, 1 - D(x)) and max(0, 1 + D(G(z))), -D(G(z)): Lim and Ye 2017, "Geometric GAN"; Miyato et al. 2018, equations 16 and 17. */
  hinge: {
    ifReal: (logits) => mean(relu(subtract(1, logits))),
    ifGenerated: (logits) => mean(relu(add(1, logits))),
    generator: (logits) => negate(mean(logits)),
  },

  /**
   * Halves of the squared distances to 1 for real and -1 for generated: Mao et al. 2017, "Least Squares Generative
   * Adversarial Networks", equation 9 with 2 D - 1 for its D, so that 0 lies between the two as in the other losses.
   */
  leastSquares: {
    ifReal: (logits) => halfSquare(subtract(logits, 1)),
    ifGenerated: (logits) => halfSquare(add(logits, 1)),
    generator: (logits) => halfSquare(subtract(logits, 1)),
  },

  /** -D(x) and D(G(z)), -D(G(z)): Arjovsky et al. 2017, "Wasserstein GAN", equation 2; D must be kept Lipschitz by other means. */
  wasserstein: {
    ifReal: (logits) => negate(mean(logits)),
    ifGenerated: (logits) => mean(logits),
    generator: (logits) => negate(mean(logits)),
  },
};

function halfSquare(x: Tensor): Tensor {
  return multiply(mean(square(x)), 0.5);
}
