import { add, mean, multiply, relu, square, subtract, type Tensor } from "../../graph/index.ts";
import type { PhaseResult, StepInputs } from "../method.ts";
import type { Verdicts } from "./judgement.ts";

/** Of the running averages, for each step. */
const DECAY = 0.99;
/** The first step, from 0, with the regulariser; the averages begin with the first of all. */
export const LECAM_START = 1000;

/**
 * The LeCam regulariser (Tseng et al. 2021, "Regularizing Generative Adversarial Networks under Limited Data") in
 * the form of its authors' code, which is 0 where D does not yet part real from generated images:
 *
 *   weight (E max(0, D(x) - a_G)^2 + E max(0, a_R - D(G(z)))^2)
 *
 * with running averages a_R of D(x) and a_G of D(G(z)) over the steps before this one.
 */
export function lecam(
  weight: number,
  { onReal, onGenerated }: Verdicts,
  { memory, scalar }: Pick<StepInputs, "memory" | "scalar">,
): { readonly penalty: Tensor; readonly memory: NonNullable<PhaseResult<string>["memory"]> } {
  const real = memory("lecam/real", []);
  const generated = memory("lecam/generated", []);
  const share = scalar("lecam/share", (step) => (step === 0 ? 1 : 1 - DECAY));
  const towards = (average: Tensor, verdicts: Tensor) =>
    add(average, multiply(subtract(mean(verdicts), average), share));
  const current = scalar("lecam/weight", (step) => (step < LECAM_START ? 0 : weight));
  return {
    penalty: multiply(
      add(mean(square(relu(subtract(onReal, generated)))), mean(square(relu(subtract(real, onGenerated))))),
      current,
    ),
    memory: { "lecam/real": towards(real, onReal), "lecam/generated": towards(generated, onGenerated) },
  };
}
