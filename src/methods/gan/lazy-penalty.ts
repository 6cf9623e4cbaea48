import { r1Penalty } from "../../nn/index.ts";
import type { Phase } from "../method.ts";
import type { Game, Player } from "./game.ts";
import type { Cast, GanSettings } from "./settings.ts";
import { viewOf } from "./view.ts";

/** Whether the R1 penalty has updates of its own. Of every step it is a part of the discriminator's loss. */
export function isLazy({ r1, r1Every }: Pick<GanSettings, "r1" | "r1Every">): boolean {
  return r1 > 0 && r1Every > 1;
}

/**
 * The discriminator makes k + 1 updates in k steps where each k-th has one for the penalty. To move as far and to remember as
 * many images as with k, its learning rate is to be this share c = k / (k + 1) of the one that is asked for, and its decays beta
 * are to be beta^c (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", appendix B); it is also the
 * steps from one update to the next, which schedules go by. 1 where every step has one update.
 */
export function lazyShare(settings: Pick<GanSettings, "r1" | "r1Every">): number {
  return isLazy(settings) ? settings.r1Every / (settings.r1Every + 1) : 1;
}

/**
 * The R1 penalty in every k-th step only, times k ("lazy regularisation", Karras et al. 2020, section 3.1). The update shares
 * the optimiser's moments with the adversarial one: with moments of its own Adam would divide the weight of the penalty away.
 *
 * The slope is taken at the images as D sees them, since the two distributions that D tells apart are those of such images.
 * (The code of Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", takes it before augmentation.)
 */
export function lazyPenalty(game: Game): Phase<Player> {
  const { r1, r1Every } = game;
  return {
    trains: { discriminator: game.discriminator },
    every: r1Every,
    losses(inputs, cast: Cast) {
      const real = viewOf(game, inputs)(inputs.real, "real");
      const onReal = game.ofReal(inputs, cast).logit(cast.discriminator(real));
      return { losses: { discriminator: r1Penalty(onReal, real, r1 * r1Every) }, report: {} };
    },
  };
}
