import { adversarialLosses } from "../nn/index.ts";
import { discriminatorLesson } from "./gan/discriminator-lesson.ts";
import { isLazy, lazyPenalty } from "./gan/lazy-penalty.ts";
import { lossInOneStage } from "./gan/one-stage.ts";
import type { Cast, GanOptions } from "./gan/settings.ts";
import { viewOf } from "./gan/view.ts";
import type { Method, Phase, StepInputs } from "./method.ts";

export { lazyShare } from "./gan/lazy-penalty.ts";
export { LECAM_START } from "./gan/lecam.ts";
export { isOneStageLoss, oneStageLosses } from "./gan/one-stage.ts";
export { augmentationNames, type GanOptions, type GanSettings, plainGan } from "./gan/settings.ts";

type Player = "discriminator" | "generator";

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
  const { architecture, latent, averageHalfLife } = options;
  const redrawer = architecture.redrawer?.(options);
  const game = { ...options, redrawnFrom: redrawer?.from };
  return {
    networks: {
      generator: architecture.generator(options),
      discriminator: architecture.discriminator(options),
      ...(redrawer !== undefined && { redrawer: redrawer.network }),
    },
    phases: [
      // First, so that all of what follows is one graph in the other steps.
      ...(isLazy(options) ? [lazyPenalty(options)] : []),
      ...(options.updates === "alternating" ? alternating(game) : [oneStage(game)]),
    ],
    latent,
    sample: (vectors, { generator }) => generator(vectors),
    averaged: ["generator"],
    averageHalfLife,
  };
}

interface Game extends GanOptions {
  /** What D shows of its inside to the redrawer, where there is one. */
  readonly redrawnFrom: string | undefined;
}

/** First D, then G, which is judged for the same G(z) by the D that has just been updated. */
function alternating(game: Game): readonly Phase<Player>[] {
  const { loss, discriminatorSteps: every } = game;
  const ofGenerator = adversarialLosses[loss].generator;
  return [
    {
      trains: taught(game),
      losses(inputs, cast: Cast) {
        const { losses, report, memory, onGenerated } = discriminatorLesson(
          game,
          inputs,
          cast,
          pictures(game, inputs, cast),
        );
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
        const seen = viewOf(game, inputs)(pictures(game, inputs, cast), "generated");
        const generator = ofGenerator(cast.discriminator(seen));
        return { losses: { generator }, report: every === 1 ? { generatorLoss: generator } : {} };
      },
    },
  ];
}

/** Both players from the same point, for losses whose slopes at a logit have a ratio. */
function oneStage(game: Game): Phase<Player> {
  return {
    trains: { ...taught(game), generator: game.generator },
    losses(inputs, cast: Cast) {
      const generated = pictures(game, inputs, cast);
      const { losses, report, memory, onGenerated, lossOnGenerated } = discriminatorLesson(
        game,
        inputs,
        cast,
        generated,
      );
      const generator = lossInOneStage(game.loss, generated, onGenerated, lossOnGenerated);
      const generatorLoss = adversarialLosses[game.loss].generator(onGenerated);
      return { losses: { ...losses, generator }, memory, report: { ...report, generatorLoss } };
    },
  };
}

/** D, and the redrawer with it. */
function taught({ discriminator, redrawer = discriminator, redrawnFrom }: Game): Phase<Player>["trains"] {
  return { discriminator, ...(redrawnFrom !== undefined && { redrawer }) };
}

/** G(z), the same in all phases of a step. */
function pictures({ batch, latent }: Game, { noise }: StepInputs, { generator }: Cast) {
  return generator(noise("latent", [batch, latent]));
}
