import { availableParallelism } from "node:os";
import { randomStream } from "../foundation/random.ts";
import {
  type ConvolutionCase,
  caseKey,
  convolutionOfCase,
  elementCount,
  sum,
  type Target,
  type Tensor,
  writeOnnx,
} from "../graph/index.ts";
import { relativeError } from "./compute.ts";
import type { Engine, EngineSession, HostArray } from "./engine.ts";
import { FormCache, machineOf } from "./form-cache.ts";

/** A form must be faster than the rules' pick by more than this share to replace it: less is noise. */
const TIE = 0.03;

/** A form that takes this many times the best one is run no more. */
const HOPELESS = 1.4;

/** Every form is run in turn, so that a busy moment of the machine is busy for all: this often, or for this long. */
const MOST_ROUNDS = 10;
const LEAST_ROUNDS = 3;
const ENOUGH_MILLISECONDS = 800;

/** A convolution of more numbers than these (256 MB) is left to the rules: its forms are held in memory side by side. */
const MOST_NUMBERS = 2 ** 26;

/** Forms round differently; one that differs by more is wrong on this machine. */
const RELATIVE_ERROR = 1e-4;

export interface TuningOptions {
  readonly engine: Engine;
  readonly target: Target;
  readonly threads?: number | undefined;
  /** Choices that stand, by the convolution's key. Default: none. */
  readonly standing?: ReadonlyMap<string, string>;
  /** Milliseconds after which what has not been timed is left to the rules. Default: one minute. */
  readonly budget?: number;
  /** Told, in a line, what takes time. Default: nobody. */
  readonly notify?: ((notice: string) => void) | undefined;
  /** Default: the user's cache folder. */
  readonly cacheFolder?: string;
}

/** One convolution of a graph and the forms that it may take, the rules' pick first. */
interface Question {
  readonly sizes: ConvolutionCase;
  readonly names: readonly string[];
}

/**
 * The fastest form of each convolution of the graph, by the convolution's key: from the cache, or timed now and
 * remembered. A tie goes to the rules' pick, and what is not in the answer is left to them.
 */
export async function timedForms(
  outputs: Readonly<Record<string, Tensor>>,
  { engine, target, threads, standing = new Map(), budget = 60_000, notify, cacheFolder }: TuningOptions,
): Promise<ReadonlyMap<string, string>> {
  const cache = await FormCache.open(machineOf(engine, threads ?? availableParallelism()), cacheFolder);
  const forms = new Map<string, string>();
  const unknown: [string, Question][] = [];
  for (const [key, question] of questionsOf(outputs, target)) {
    if (question.names.some((name) => name === standing.get(key))) continue;
    const known = cache.get(key, question.names);
    if (known === undefined) unknown.push([key, question]);
    else forms.set(key, known);
  }
  if (unknown.length === 0) return forms;
  notify?.(`timing the forms of ${unknown.length} convolutions, once on this machine`);
  const end = performance.now() + budget;
  for (const [key, question] of unknown) {
    if (performance.now() > end) break;
    const times = await timesOf(question, { engine, target, threads });
    const form = fastest(times, question.names[0]);
    forms.set(key, form);
    cache.set(key, form, question.names);
  }
  await cache.save();
  return forms;
}

/** The distinct convolutions that have a choice of forms. */
function questionsOf(outputs: Readonly<Record<string, Tensor>>, target: Target): ReadonlyMap<string, Question> {
  const questions = new Map<string, Question>();
  const choose: Target["choose"] = (sizes, names) => {
    const { batch, channels, height, width, filters, outRows, outColumns } = sizes;
    const numbers = batch * (channels * height * width + filters * outRows * outColumns);
    if (names.length > 1 && numbers <= MOST_NUMBERS) questions.set(caseKey(sizes), { sizes, names });
    return undefined;
  };
  writeOnnx(outputs, { target: { ...target, choose } });
  return questions;
}

function fastest(times: ReadonlyMap<string, number>, rule = "plain"): string {
  const [best] = [...times].toSorted(([, left], [, right]) => left - right);
  if (best === undefined) return rule;
  return (times.get(rule) ?? Number.POSITIVE_INFINITY) <= best[1] * (1 + TIE) ? rule : best[0];
}

interface Trial {
  readonly name: string;
  readonly session: EngineSession;
  /** Milliseconds of the fastest run so far. */
  time: number;
}

type Device = Pick<TuningOptions, "engine" | "target" | "threads">;

/** Milliseconds of each form, the best of a few runs. Forms that this device cannot run or does wrong are left out. */
async function timesOf({ sizes, names }: Question, device: Device): Promise<ReadonlyMap<string, number>> {
  const result = convolutionOfCase(sizes);
  // Only the total leaves the engine when runs are timed: copying the result would drown the difference.
  const outputs = { result, total: sum(result) };
  const feeds = Object.fromEntries(
    writeOnnx(outputs, { target: device.target }).inputs.map(({ name, shape }) => {
      const dimensions = shape.map(Number);
      return [name, device.engine.tensor(numbers(elementCount(dimensions)), dimensions)];
    }),
  );
  const trials: Trial[] = [];
  try {
    let expected: Float32Array | undefined;
    for (const name of names) {
      const session = await opened(name, outputs, device);
      if (session === undefined) continue;
      trials.push({ name, session, time: Number.POSITIVE_INFINITY });
      const data = await resultOf(session, feeds);
      expected ??= data;
      if (expected === undefined || !(relativeError(expected, data ?? new Float32Array()) <= RELATIVE_ERROR)) {
        trials.pop();
        await session.release();
      }
    }
    await timeInTurn(trials, feeds);
    return new Map(trials.map(({ name, time }) => [name, time]));
  } finally {
    for (const { session } of trials) await session.release();
  }
}

async function opened(name: string, outputs: Readonly<Record<string, Tensor>>, { engine, target, threads }: Device) {
  const { bytes } = writeOnnx(outputs, { target: { ...target, choose: () => name } });
  return engine.open(bytes, { threads, quiet: true }).catch(() => undefined);
}

type EngineFeeds = Parameters<EngineSession["run"]>[0];

async function resultOf(session: EngineSession, feeds: EngineFeeds): Promise<Float32Array | undefined> {
  const fetched = await session.run(feeds, ["result"]).catch(() => undefined);
  const data = fetched?.["result"]?.data;
  return data instanceof Float32Array ? data : undefined;
}

async function timeInTurn(trials: readonly Trial[], feeds: EngineFeeds): Promise<void> {
  const begun = performance.now();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (round >= LEAST_ROUNDS && performance.now() - begun > ENOUGH_MILLISECONDS) return;
    const best = Math.min(...trials.map(({ time }) => time));
    for (const trial of trials) {
      if (trial.time > best * HOPELESS) continue;
      const started = performance.now();
      await trial.session.run(feeds, ["total"]);
      trial.time = Math.min(trial.time, performance.now() - started);
    }
  }
}

/** A stretch of random numbers over and over: their values cost no time in any form. */
function numbers(count: number): HostArray {
  const drawn = randomStream(0, "tuning").normals(Math.min(count, 4099));
  return Float32Array.from({ length: count }, (_, index) => drawn[index % drawn.length] ?? 0);
}
