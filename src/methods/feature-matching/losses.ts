import {
  add,
  logSumExp,
  mean,
  multiply,
  softplus,
  square,
  stopGradient,
  subtract,
  type Tensor,
} from "../../graph/index.ts";

/**
 * What K logits cost that should tell images, whatever their class, from generated ones (Salimans et al. 2016, "Improved
 * Techniques for Training GANs", section 5). With Z(x) the sum of e^logits, D(x) = Z(x) / (Z(x) + 1) is the probability that x
 * is an image:
 *
 *   -1/2 E log D(x)  -  1/2 E log(1 - D(G(z)))
 *
 * @param onReal logits of images, [batch, classes].
 * @param onGenerated logits of generated ones.
 */
export function realityLoss(onReal: Tensor, onGenerated: Tensor): Tensor {
  const [real, generated] = [logSumExp(onReal, [1]), logSumExp(onGenerated, [1])];
  // -log D = softplus(log Z) - log Z, and -log(1 - D) = softplus(log Z).
  return multiply(add(mean(subtract(softplus(real), real)), mean(softplus(generated))), 0.5);
}

/**
 * |E f(x) - E f(G(z))|^2, a mean over the features (Salimans et al. 2016, section 3.1): what the generator makes small. No
 * gradient flows to the images.
 * @param ofReal f of images, [batch, features].
 */
export function featureMatchingLoss(ofReal: Tensor, ofGenerated: Tensor): Tensor {
  return mean(square(subtract(stopGradient(mean(ofReal, [0])), mean(ofGenerated, [0]))));
}
