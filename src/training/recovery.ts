import { AtelierError } from "../foundation/errors.ts";
import type { Config } from "./config.ts";

// What is done when a number of the training is no longer finite: back to the last checkpoint, with lower rates.

/** How often a run may go back. */
export const MOST_RECOVERIES = 3;

/** What all learning rates are multiplied by after so many recoveries: each halves them. */
export function rateScaleAfter(recoveries: number): number {
  return 0.5 ** recoveries;
}

/** A loss or a number of the state is no longer finite. */
export class Divergence extends AtelierError {
  /** The step that failed, 1 for the first. */
  readonly step: number;
  /** What is not finite, in words. */
  readonly reason: string;

  constructor(step: number, name: string, value: number) {
    super({
      kind: "run",
      where: `step ${step}`,
      expected: `a finite ${name}`,
      received: String(value),
      help: "training diverged: start again with a lower rate, such as --set learningRate.generator=1e-4",
    });
    this.step = step;
    this.reason = `${name} was ${value}`;
  }
}

/** The usual learning rate of a network. */
const USUAL_RATE = 2e-4;

/** The error that ends a run which has gone back as often as it may. */
export function beyondRecovery(divergence: Divergence, { learningRate }: Pick<Config, "learningRate">): AtelierError {
  const lower = Object.entries(learningRate).map(([network, rate]) => {
    return `--set learningRate.${network}=${Number(Math.min((rate ?? USUAL_RATE) / 10, USUAL_RATE).toPrecision(1))}`;
  });
  return new AtelierError(
    {
      ...divergence.details,
      help: `training diverged, also after going back ${MOST_RECOVERIES} times with half the learning rates each: start again with lower rates, such as ${lower.join(" ")}`,
    },
    { cause: divergence },
  );
}
