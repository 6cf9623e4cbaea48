/** The factor in [0, 1] that multiplies a learning rate at step number `step` (0 for the first). */
export type Schedule = (step: number) => number;

/** The full rate at every step. */
export const constant: Schedule = () => 1;

/**
 * From 1 at step 0 in a straight line to `end` at step `total`, and `end` from there on.
 * @param end in [0, 1]. Default: 0.
 */
export function linear(total: number, end = 0): Schedule {
  return (step) => 1 - (1 - end) * progress(step, total);
}

/**
 * Half a cosine from 1 at step 0 to `end` at step `total`, and `end` from there on (Loshchilov and Hutter 2017,
 * "SGDR: Stochastic Gradient Descent with Warm Restarts", equation 5, without restarts).
 * @param end in [0, 1]. Default: 0.
 */
export function cosine(total: number, end = 0): Schedule {
  return (step) => end + ((1 - end) * (1 + Math.cos(Math.PI * progress(step, total)))) / 2;
}

/** Times `factor`, in (0, 1], after every `every` steps: 1 until then, factor, factor^2 … */
function stepwise(every: number, factor: number): Schedule {
  return (step) => factor ** Math.floor(step / every);
}

/**
 * A schedule that begins `steps` steps late: until then the factor grows in a straight line from 1/`steps` at the first
 * step to the schedule's own first factor at the last (Goyal et al. 2017, "Accurate, Large Minibatch SGD", section 2.2,
 * but never 0, so that no step is lost). A warm-up of 0 steps leaves the schedule as it is.
 */
function warmedUp(schedule: Schedule, steps: number): Schedule {
  return (step) => (step < steps ? (schedule(0) * (step + 1)) / steps : schedule(step - steps));
}

/** The share of `total` steps that are done, in [0, 1]. */
function progress(step: number, total: number): number {
  return Math.min(1, step / total);
}

export const scheduleShapes = ["constant", "linear", "cosine", "step"] as const;
export type ScheduleShape = (typeof scheduleShapes)[number];

/** A schedule by its numbers, as a configuration gives it. */
export interface ScheduleOptions {
  readonly shape: ScheduleShape;
  /** Steps of the warm-up, fewer than all. */
  readonly warmup: number;
  /** Of shape `step`: what multiplies the rate, in (0, 1]. Default: 1. */
  readonly factor?: number | undefined;
  /** Of shape `step`: steps between one multiplication and the next. Default: all. */
  readonly every?: number | undefined;
}

/** The schedule of `steps` steps, the warm-up among them. */
export function scheduleOf(options: ScheduleOptions, steps: number): Schedule {
  const { shape, warmup, factor = 1, every = steps } = options;
  const rest = Math.max(1, steps - warmup);
  switch (shape) {
    case "constant":
      return warmedUp(constant, warmup);
    case "linear":
      return warmedUp(linear(rest), warmup);
    case "cosine":
      return warmedUp(cosine(rest), warmup);
    case "step":
      return warmedUp(stepwise(every, factor), warmup);
  }
}
