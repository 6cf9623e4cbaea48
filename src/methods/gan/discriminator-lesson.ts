import { internalError } from "../../foundation/errors.ts";
import type { Tensor } from "../../graph/index.ts";
import { gradientPenalty, r1Penalty, randomInterpolates } from "../../nn/index.ts";
import type { PhaseResult, StepInputs } from "../method.ts";
import { adaptiveAugmentation } from "./adaptive-augmentation.ts";
import { type Game, type Player, sumOf } from "./game.ts";
import { judgement } from "./judgement.ts";
import { isLazy } from "./lazy-penalty.ts";
import { lecam } from "./lecam.ts";
import { redrawingLoss } from "./redrawing.ts";
import type { Cast } from "./settings.ts";
import { viewOf } from "./view.ts";

export interface Lesson extends Required<PhaseResult<Player>> {
  /** The generated pictures as the discriminator sees them, and its verdicts on them. */
  readonly seen: Tensor;
  readonly verdicts: Tensor;
  /** The discriminator's logits [batch, 1] on the generated pictures. */
  readonly onGenerated: Tensor;
  /** What these cost it; penalties are not in it. */
  readonly lossOnGenerated: Tensor;
}

/**
 * What the discriminator learns in a step: to tell real from generated images, as it sees them, under the penalties that the
 * options ask for, and what there is besides.
 */
export function discriminatorLesson(game: Game, inputs: StepInputs, cast: Cast, generated: Tensor): Lesson {
  const { redrawnFrom, ...options } = game;
  const { discriminator, redrawer } = cast;
  const { batch, parts = 1 } = options;
  const controller =
    options.augmentation === "ada" ? adaptiveAugmentation({ ...options, images: batch * parts }, inputs) : undefined;
  const view = viewOf(options, inputs, controller?.probability);
  const seen = { real: view(inputs.real, "real"), generated: view(generated, "generated") };
  const { output, shown } = discriminator.inside(seen.real);
  const verdicts = { real: output, generated: discriminator(seen.generated) };
  const readings = { real: game.ofReal(inputs, cast), generated: game.ofGenerated(inputs, cast) };
  const onReal = readings.real.logit(verdicts.real);
  const onGenerated = readings.generated.logit(verdicts.generated);
  const { loss, lossOnGenerated, report } = judgement(options, { onReal, onGenerated });

  const penalties: Tensor[] = [];
  const averages = options.lecam === 0 ? undefined : lecam(options.lecam, { onReal, onGenerated }, inputs);
  if (averages !== undefined) penalties.push(averages.penalty);
  if (options.gradientPenalty > 0) {
    const between = randomInterpolates(seen.real, seen.generated, inputs.noise("interpolates", [batch, 2]));
    const onBetween = readings.real.logit(discriminator(between));
    penalties.push(gradientPenalty(onBetween, between, options.gradientPenalty));
  }
  if (options.r1 > 0 && !isLazy(options)) penalties.push(r1Penalty(onReal, seen.real, options.r1));
  const redrawing = redrawnFrom === undefined ? undefined : redrawn(shown.get(redrawnFrom), redrawer, seen.real);
  if (redrawing !== undefined) penalties.push(redrawing);
  for (const kind of ["real", "generated"] as const) {
    penalties.push(...(readings[kind].forDiscriminator?.(seen[kind], verdicts[kind]) ?? []));
  }
  const { lesson } = readings.real;

  return {
    losses: {
      ...lesson?.losses,
      discriminator: sumOf(loss, penalties),
      ...(redrawing !== undefined && { redrawer: redrawing }),
    },
    report: {
      ...report,
      ...lesson?.report,
      ...(controller !== undefined && { augmentation: controller.probability }),
      ...(redrawing !== undefined && { redrawerLoss: redrawing }),
    },
    memory: { ...lesson?.memory, ...controller?.memory(onReal), ...averages?.memory },
    seen: seen.generated,
    verdicts: verdicts.generated,
    onGenerated,
    lossOnGenerated,
  };
}

function redrawn(inside: Tensor | undefined, redrawer: Cast["redrawer"], images: Tensor): Tensor {
  if (inside === undefined || redrawer === undefined) throw internalError("redrawer", "nothing is shown to it");
  return redrawingLoss(redrawer(inside), images);
}
