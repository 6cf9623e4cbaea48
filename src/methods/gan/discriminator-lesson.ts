import { internalError } from "../../foundation/errors.ts";
import { add, type Tensor } from "../../graph/index.ts";
import { gradientPenalty, r1Penalty, randomInterpolates } from "../../nn/index.ts";
import type { PhaseResult, StepInputs } from "../method.ts";
import { adaptiveAugmentation } from "./adaptive-augmentation.ts";
import { judgement } from "./judgement.ts";
import { isLazy } from "./lazy-penalty.ts";
import { lecam } from "./lecam.ts";
import { redrawingLoss } from "./redrawing.ts";
import type { Cast, GanOptions } from "./settings.ts";
import { viewOf } from "./view.ts";

export interface Lesson extends Required<PhaseResult<"discriminator" | "generator">> {
  /** The discriminator's logits [batch, 1] on the generated pictures. */
  readonly onGenerated: Tensor;
  /** What these cost it; penalties are not in it. */
  readonly lossOnGenerated: Tensor;
}

/**
 * What the discriminator learns in a step: to tell real from generated images, as it sees them, under the penalties that the
 * options ask for.
 * @param redrawnFrom what it shows of its inside to the redrawer, where there is one.
 */
export function discriminatorLesson(
  { redrawnFrom, ...options }: GanOptions & { readonly redrawnFrom: string | undefined },
  inputs: StepInputs,
  { discriminator, redrawer }: Cast,
  generated: Tensor,
): Lesson {
  const { batch, parts = 1 } = options;
  const controller =
    options.augmentation === "ada" ? adaptiveAugmentation({ ...options, images: batch * parts }, inputs) : undefined;
  const view = viewOf(options, inputs, controller?.probability);
  const seen = { real: view(inputs.real, "real"), generated: view(generated, "generated") };
  const { output: onReal, shown } = discriminator.inside(seen.real);
  const onGenerated = discriminator(seen.generated);
  const { loss, lossOnGenerated, report } = judgement(options, { onReal, onGenerated });

  const penalties: Tensor[] = [];
  const averages = options.lecam === 0 ? undefined : lecam(options.lecam, { onReal, onGenerated }, inputs);
  if (averages !== undefined) penalties.push(averages.penalty);
  if (options.gradientPenalty > 0) {
    const between = randomInterpolates(seen.real, seen.generated, inputs.noise("interpolates", [batch, 2]));
    penalties.push(gradientPenalty(discriminator(between), between, options.gradientPenalty));
  }
  if (options.r1 > 0 && !isLazy(options)) penalties.push(r1Penalty(onReal, seen.real, options.r1));
  const redrawing = redrawnFrom === undefined ? undefined : redrawn(shown.get(redrawnFrom), redrawer, seen.real);
  if (redrawing !== undefined) penalties.push(redrawing);

  return {
    losses: {
      discriminator: penalties.reduce((total, penalty) => add(total, penalty), loss),
      ...(redrawing !== undefined && { redrawer: redrawing }),
    },
    report: {
      ...report,
      ...(controller !== undefined && { augmentation: controller.probability }),
      ...(redrawing !== undefined && { redrawerLoss: redrawing }),
    },
    memory: { ...controller?.memory(onReal), ...averages?.memory },
    onGenerated,
    lossOnGenerated,
  };
}

function redrawn(inside: Tensor | undefined, redrawer: Cast["redrawer"], images: Tensor): Tensor {
  if (inside === undefined || redrawer === undefined) throw internalError("redrawer", "nothing is shown to it");
  return redrawingLoss(redrawer(inside), images);
}
