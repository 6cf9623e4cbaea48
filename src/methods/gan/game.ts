import { add, type Tensor } from "../../graph/index.ts";
import type { PhaseResult, StepInputs, Update } from "../method.ts";
import type { Cast, GanOptions } from "./settings.ts";

/** The networks that always learn; others, such as a classifier, may learn with them. */
export type Player = "discriminator" | "generator";

/** A GAN's options, and what kinds of GAN differ in. */
export interface Game extends GanOptions {
  /** What D shows of its inside to the redrawer, where there is one. */
  readonly redrawnFrom: string | undefined;
  /** Networks that learn in the same update as D. */
  readonly besideDiscriminator?: Readonly<Record<string, Update>>;
  /** G's pictures, the same in all phases of a step. */
  readonly pictures: (inputs: StepInputs, cast: Cast) => Tensor;
  /** How D's verdicts are read on the step's real images, as D sees them, and on G's pictures. */
  readonly ofReal: (inputs: StepInputs, cast: Cast) => Reading;
  readonly ofGenerated: (inputs: StepInputs, cast: Cast) => Reading;
}

/** How D's verdicts [batch, verdicts] on a batch of images are read. */
export interface Reading {
  /** The logit [batch, 1], above 0 for "real". */
  readonly logit: (verdicts: Tensor) => Tensor;
  /** What D is to make small besides, and what G is: scalars. */
  readonly forDiscriminator?: (images: Tensor, verdicts: Tensor) => readonly Tensor[];
  readonly forGenerator?: (images: Tensor, verdicts: Tensor) => readonly Tensor[];
  /** What networks beside D learn. */
  readonly lesson?: Pick<PhaseResult<"classifier">, "losses" | "report" | "memory">;
}

/** The sum of losses. */
export function sumOf(first: Tensor, others: readonly Tensor[] = []): Tensor {
  return others.reduce((total, loss) => add(total, loss), first);
}
