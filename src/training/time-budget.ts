import { type ImageSource, trainingCount } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import type { PartialConfig } from "./config.ts";
import { decide, type Ground, type Plan } from "./defaults.ts";
import { estimateMemory, type MemoryEstimate } from "./memory.ts";
import { estimateTime, type MeasuredStep, measureStep, stepsWithin, type TimeEstimate } from "./time-estimate.ts";

/** A plan with what it takes of this machine. */
export interface MeasuredPlan {
  readonly plan: Plan;
  readonly memory: MemoryEstimate;
  /** Undefined: it would not fit into the free memory, so that it was not tried. */
  readonly time: TimeEstimate | undefined;
}

/** Where fewer steps than this fit into the time, smaller networks learn more in it: their widths, over the usual one. */
const NARROWING = { enoughSteps: 1000, shares: [1 / 2, 1 / 4] } as const;

/** Of a plan whose step is timed alone: so many that whatever else was given fits into them. */
const PROVISIONAL_STEPS = 1e9;

/** What carrying out a plan takes. @param made steps that are made already. */
export async function timePlan(plan: Plan, source: ImageSource, made = 0): Promise<Omit<MeasuredPlan, "plan">> {
  const { config } = plan;
  const memory = await estimateMemory(config);
  if (!fits(memory)) return { memory, time: undefined };
  const measured = await measureStep(config, config.steps - made);
  return { memory, time: estimateTime(config, imagesOf(plan, source), measured, memory, made) };
}

/**
 * A plan that takes about so many minutes here, scores included: its steps are chosen, and its width, where the usual one
 * would leave too few steps.
 * @throws AtelierError (usage) where it does not fit into the free memory, so that its step cannot be timed.
 */
export async function planWithin(minutes: number, given: PartialConfig, ground: Ground): Promise<MeasuredPlan> {
  const widths = given.width === undefined ? NARROWING.shares : [];
  let found = await planOfWidth(1, minutes, given, ground);
  for (const share of widths) {
    if (found.plan.config.steps >= NARROWING.enoughSteps) break;
    found = await planOfWidth(share, minutes, given, ground);
  }
  return found;
}

async function planOfWidth(
  share: number,
  minutes: number,
  given: PartialConfig,
  ground: Ground,
): Promise<MeasuredPlan> {
  const endless = { steps: [PROVISIONAL_STEPS, ""] } as const;
  const usual = decide(given, ground, endless).config;
  const width = Math.max(1, Math.round(share * usual.width));
  const narrowed = {
    width: [width, `1/${1 / share} of the usual one, so that more steps fit into ${spoken(minutes)}`],
  } as const;
  const budgeted = share === 1 ? {} : narrowed;
  const { config } = decide(given, ground, { ...budgeted, ...endless });
  const memory = await estimateMemory(config);
  if (!fits(memory)) throw notTimed(minutes);
  const measured = await measureStep(config);
  const reason = reasonFor(minutes, measured);
  const planOf = (steps: number) => decide(given, ground, { ...budgeted, steps: [steps, reason] });
  const timeOf = (plan: Plan) => estimateTime(plan.config, imagesOf(plan, ground.source), measured, memory);
  const plan = planOf(stepsWithin(60 * minutes, measured.step, (steps) => timeOf(planOf(steps)).total));
  return { plan, memory, time: timeOf(plan) };
}

/** `fits into 10 minutes: 0.31 s a step here`. */
function reasonFor(minutes: number, { step }: MeasuredStep): string {
  return `fits into ${spoken(minutes)}: ${Number(step.toPrecision(2))} s a step here`;
}

function spoken(minutes: number): string {
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
}

function imagesOf({ config }: Plan, source: ImageSource): number {
  return trainingCount(source, config.seed, config.heldOut);
}

/** What would not fit is not tried: the system could end the process. */
function fits({ total }: MemoryEstimate): boolean {
  return total <= process.availableMemory();
}

function notTimed(minutes: number): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: `--minutes ${minutes}`,
    expected: "a training step that fits into the free memory, to be timed",
    received: "one that does not",
    help: "use smaller networks, a smaller --size or a smaller --batch, or give --steps instead",
  });
}
