import { abs, add, exp, log, mean, negate, relu, type Tensor } from "../graph/index.ts";

/** log(1 + e^x), without overflow: max(x, 0) + log(1 + e^-|x|). */
export function softplus(x: Tensor): Tensor {
  return add(relu(x), log(add(exp(negate(abs(x))), 1)));
}

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
