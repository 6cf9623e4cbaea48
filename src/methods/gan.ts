import { adversarialLosses } from "../nn/index.ts";
import { discriminatorLesson } from "./gan/discriminator-lesson.ts";
import { type Game, type Player, type Reading, sumOf } from "./gan/game.ts";
import { isLazy, lazyPenalty } from "./gan/lazy-penalty.ts";
import { lossInOneStage } from "./gan/one-stage.ts";
import type { Cast, GanOptions } from "./gan/settings.ts";
import { viewOf } from "./gan/view.ts";
import type { Method, Phase } from "./method.ts";

export { lazyShare } from "./gan/lazy-penalty.ts";
export { LECAM_START } from "./gan/lecam.ts";
export { isOneStageLoss, oneStageLosses } from "./gan/one-stage.ts";
export { augmentationNames, conditioningNames, type GanOptions, type GanSettings, plainGan } from "./gan/settings.ts";

/**
 * Generative adversarial training (Goodfellow et al. 2014, algorithm 1). With the usual loss a step is
 *
 *   discriminator D:  minimise  -E log s(D(x)) - E log(1 - s(D(G(z))))      x real, z ~ N(0, 1), s the sigmoid
 *   generator G:      minimise  -E log s(D(G(z)))                          (non-saturating, section 3)
 *
 * Real and generated images pass through D apart, so that batch normalisation does not mix them. The files in gan/ have what
 * can be added: penalties on D, and changes of what it sees.
 */
export function gan(options: GanOptions): Method<Player> {
  const { architecture, batch, latent, averageHalfLife } = options;
  const redrawer = architecture.redrawer?.(options);
  return {
    networks: {
      generator: architecture.generator(options),
      discriminator: architecture.discriminator(options),
      ...(redrawer !== undefined && { redrawer: redrawer.network }),
    },
    phases: phasesOf({
      ...options,
      redrawnFrom: redrawer?.from,
      pictures: ({ noise }, { generator }) => generator(noise("latent", [batch, latent])),
      ofReal: () => ITSELF,
      ofGenerated: () => ITSELF,
    }),
    latent,
    sample: (vectors, { generator }) => generator(vectors),
    averaged: ["generator"],
    averageHalfLife,
  };
}

/** A verdict that is the logit. */
const ITSELF: Reading = { logit: (verdicts) => verdicts };

/** The updates of a step. */
export function phasesOf(game: Game): readonly Phase<Player>[] {
  return [
    // First, so that all of what follows is one graph in the other steps.
    ...(isLazy(game) ? [lazyPenalty(game)] : []),
    ...(game.updates === "alternating" ? alternating(game) : [oneStage(game)]),
  ];
}

/** First D, then G, which is judged for the same G(z) by the D that has just been updated. */
function alternating(game: Game): readonly Phase<Player>[] {
  const { loss, discriminatorSteps: every } = game;
  const ofGenerator = adversarialLosses[loss].generator;
  return [
    {
      trains: taught(game),
      losses(inputs, cast: Cast) {
        const generated = game.pictures(inputs, cast);
        const { losses, report, memory, onGenerated } = discriminatorLesson(game, inputs, cast, generated);
        // Every step shows a loss of the generator, also those in which it does not move.
        return {
          losses,
          memory,
          report: every === 1 ? report : { ...report, generatorLoss: ofGenerator(onGenerated) },
        };
      },
    },
    {
      trains: { generator: game.generator },
      every,
      losses(inputs, cast: Cast) {
        const seen = viewOf(game, inputs)(game.pictures(inputs, cast), "generated");
        const verdicts = cast.discriminator(seen);
        const { logit, forGenerator } = game.ofGenerated(inputs, cast);
        const generatorLoss = ofGenerator(logit(verdicts));
        return {
          losses: { generator: sumOf(generatorLoss, forGenerator?.(seen, verdicts)) },
          report: every === 1 ? { generatorLoss } : {},
        };
      },
    },
  ];
}

/** Both players from the same point, for losses whose slopes at a logit have a ratio. */
function oneStage(game: Game): Phase<Player> {
  return {
    trains: { ...taught(game), generator: game.generator },
    losses(inputs, cast: Cast) {
      const generated = game.pictures(inputs, cast);
      const lesson = discriminatorLesson(game, inputs, cast, generated);
      const { onGenerated, lossOnGenerated, seen, verdicts, memory } = lesson;
      const { forGenerator } = game.ofGenerated(inputs, cast);
      const adversarial = lossInOneStage(game.loss, generated, onGenerated, lossOnGenerated);
      const generator = sumOf(adversarial, forGenerator?.(seen, verdicts));
      const generatorLoss = adversarialLosses[game.loss].generator(onGenerated);
      return { losses: { ...lesson.losses, generator }, memory, report: { ...lesson.report, generatorLoss } };
    },
  };
}

/** D, and the redrawer and others with it. */
function taught({
  discriminator,
  redrawer = discriminator,
  redrawnFrom,
  besideDiscriminator,
}: Game): Phase<Player>["trains"] {
  return { discriminator, ...(redrawnFrom !== undefined && { redrawer }), ...besideDiscriminator };
}
