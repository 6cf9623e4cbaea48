import { imageBytesOf } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import { elementCount, type Input } from "../graph/index.ts";
import { buildTrainingStep, formatOf, methodOf } from "../methods/index.ts";
import type { Asked } from "./batch-feed.ts";
import type { Config } from "./config.ts";
import { expectedCosts } from "./evaluation-defaults.ts";
import type { MemoryEstimate } from "./memory.ts";
import { loadResources } from "./resources.ts";
import { SAMPLES } from "./sampler.ts";
import { type StepLabels, StepRunner } from "./step-runner.ts";

/** How long a run is expected to take on this machine, in seconds. */
export interface TimeEstimate {
  readonly total: number;
  /** A training step, in the mean. */
  readonly step: number;
}

/** What was measured of a configuration's step on this machine, in seconds. */
export interface MeasuredStep {
  readonly compile: number;
  /** A step, in the mean. */
  readonly step: number;
}

/** Seconds in which steps are timed: enough, and the most, the first step among them. */
const TIMED = { enough: 1, most: 3 };
/** Steps that are timed at least. */
const FEWEST_TIMED = 2;
/** Share of a run's own length that its timing may take beyond those. */
const SHARE_TIMED = 0.02;

/**
 * Compiles the step and times it on random images. It has a state of its own: a run is the same with and without it.
 * @param length steps of the run, where they are known: a short one is not worth a long measurement.
 */
export async function measureStep(config: Config, length = Number.POSITIVE_INFINITY): Promise<MeasuredStep> {
  const { batch, microBatches, seed, device, threads, tuning } = config;
  const format = formatOf(config);
  const begun = performance.now();
  const step = buildTrainingStep(methodOf(config, await loadResources(config)), { format, batch, parts: microBatches });
  const runner = await StepRunner.compile(step, seed, { device, threads, tuning });
  const compile = secondsSince(begun);
  const draws = new Float32Array(batch * imageBytesOf(format));
  randomStream(seed, "timing").fillUniforms(draws);
  const images = Uint8Array.from(draws, (draw) => 256 * draw);
  const labels = anyLabels(step);
  const secondsOf = async (number: number) => {
    const start = performance.now();
    await runner.run(number, images, labels);
    return secondsSince(start);
  };
  const periods = [...new Set([1, ...step.stages.map(({ every }) => every)])].sort((one, other) => one - other);
  // The first step is slower than all others; it has every stage.
  const first = await secondsOf(periods.reduce(leastCommonMultiple) - 1);
  const timings: StepTiming[] = [];
  for (const every of periods) {
    const limit = Math.min(TIMED.enough, SHARE_TIMED * length * first) / periods.length;
    const times: number[] = first > TIMED.most && periods.length === 1 ? [first] : [];
    for (let spent = first; !isEnough(times, spent - first, spent, limit); spent += times.at(-1) ?? 0) {
      times.push(await secondsOf(every - 1));
    }
    timings.push({ every, seconds: median(times) });
  }
  await runner.release();
  return { compile, step: meanStep(timings) };
}

function isEnough(times: readonly number[], timed: number, spent: number, limit: number): boolean {
  if (times.length === 0) return false;
  return spent > TIMED.most || (times.length >= FEWEST_TIMED && timed >= limit);
}

/** Labels of the first class for everything that a step asks to know of classes. */
function anyLabels({ known, labelled, parts }: Asked): StepLabels {
  const countOf = ({ shape }: Input) => parts * elementCount(shape.map(Number));
  const oneHot = (input: Input) =>
    new Float32Array(countOf(input)).map((_, index) => (index % Number(input.shape[1]) === 0 ? 1 : 0));
  return {
    known: known && oneHot(known),
    labelled: labelled && { images: new Uint8Array(countOf(labelled.images)), classes: oneHot(labelled.classes) },
  };
}

/** Seconds of a step whose number is a multiple of `every`, and of no longer period that is timed as well. */
export interface StepTiming {
  readonly every: number;
  readonly seconds: number;
}

/**
 * Mean seconds of a step, of which parts come in every so many-th step only.
 * @param timings one of each period, the shortest first.
 */
export function meanStep(timings: readonly StepTiming[]): number {
  const added: StepTiming[] = [];
  for (const { every, seconds } of timings) {
    const others = added.filter((part) => every % part.every === 0);
    added.push({ every, seconds: Math.max(0, seconds - sum(others.map((part) => part.seconds))) });
  }
  return sum(added.map(({ every, seconds }) => seconds / every));
}

/** Of a run: opening and packing the data, the report, besides twice the compilation (the sampler is compiled as well). */
const START_SECONDS = 1.5;
/** Of drawing and encoding a grid of samples, besides making its pictures. */
const GRID_SECONDS = 0.05;
/** Of a checkpoint: checked, hashed and written through to the disk. */
const CHECKPOINT = { seconds: 0.02, bytesPerSecond: 150e6 };
/** Multiply-adds that the slowest machine does in a second, where there is much to do. */
const SLOWEST_PACE = 5e9;
/** Looking at the real images, once, is like so many evaluations. */
const REAL_FEATURES = 1;

/**
 * How long a run takes, from the time of a step.
 * @param images training images that there are.
 * @param made steps that are made already.
 */
export function estimateTime(
  config: Config,
  images: number,
  { compile, step }: MeasuredStep,
  { state }: Pick<MemoryEstimate, "state">,
  made = 0,
): TimeEstimate {
  const { steps, sampleEvery, checkpointEvery, evaluation } = config;
  const left = Math.max(0, steps - made);
  const times = (every: number) => Math.ceil(left / every);
  const cost = expectedCosts(config, images);
  // A small step is slower for its size than anything else: what it costs is hardly its arithmetic.
  const pace = Math.max(SLOWEST_PACE, cost.step / step);
  const grids = 1 + times(sampleEvery);
  const scores = evaluation.every === 0 ? 0 : REAL_FEATURES + times(evaluation.every);
  const drawn = grids * SAMPLES * cost.picture + Math.max(grids, scores) * cost.mixture;
  const scoring = (scores * cost.evaluation + drawn) / pace;
  const checkpoints = 1 + times(checkpointEvery);
  const writing = grids * GRID_SECONDS + checkpoints * (CHECKPOINT.seconds + state / 2 / CHECKPOINT.bytesPerSecond);
  return { total: START_SECONDS + 2 * compile + step * left + scoring + writing, step };
}

/** Rounded down to two digits: 1,234 to 1,200. At least 1. */
export function friendly(steps: number): number {
  const whole = Math.max(1, Math.floor(steps));
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(whole)) - 1);
  return unit * Math.floor(whole / unit);
}

/** Tries to come near the number of steps; each comes much nearer than the one before. */
const TRIES = 4;

/**
 * The friendly number of steps whose run takes about so long, and not longer.
 * @param totalOf seconds that a run of so many steps takes; what is scored how often depends on them.
 * @param step seconds of a step.
 */
export function stepsWithin(seconds: number, step: number, totalOf: (steps: number) => number): number {
  let steps = friendly(seconds / step);
  // What does not grow with the steps is small, so that what is over or left is nearly all theirs.
  for (let tries = 0; tries < TRIES; tries++) {
    steps = friendly(Math.max(steps / 4, steps + (seconds - totalOf(steps)) / step));
  }
  for (let tries = 0; tries < TRIES && totalOf(steps) > seconds; tries++) steps = friendly(steps - 1);
  return steps;
}

function leastCommonMultiple(one: number, other: number): number {
  let [divisor, rest] = [one, other];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (one / divisor) * other;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return ((sorted[middle] ?? 0) + (sorted[sorted.length - 1 - middle] ?? 0)) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function secondsSince(begun: number): number {
  return (performance.now() - begun) / 1000;
}
