import { imageBytesOf } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import {
  elementCount,
  type GraphMemory,
  graphMemory,
  type Input,
  input,
  portable,
  type Target,
  type Tensor,
} from "../graph/index.ts";
import {
  buildTrainingStep,
  classInput,
  drawnPictures,
  fittingBytes,
  formatOf,
  initialPlayers,
  type Method,
  methodOf,
  mixtureRoom,
  normalisedImages,
  randomSize,
  type Stage,
  type TrainingStep,
} from "../methods/index.ts";
import { targetOf } from "../runtime/index.ts";
import { ENCODED_AT_ONCE, imagesInput, MOST_CODES } from "./code-mixture.ts";
import type { Config } from "./config.ts";
import { loadResources } from "./resources.ts";
import { possibleParts } from "./rules.ts";
import { SAMPLED_AT_ONCE, SAMPLES } from "./sampler.ts";

/** What training is expected to take of this machine's memory at its peak, in bytes. */
export interface MemoryEstimate {
  readonly total: number;
  /** Node.js, the engine and their code. */
  readonly process: number;
  /** Intermediate results of the step and its new state, in the engine. */
  readonly step: number;
  /** The same for making samples; 0 where only steps are made. */
  readonly sampler: number;
  /** Copies of the state that JavaScript holds. */
  readonly state: number;
}

/** Resident memory before the first step, without the numbers of the state. */
const PROCESS_BYTES = 115e6;

/** What a run adds: the thread of the training, image decoding and encoding, the report. Measured in eight runs. */
const RUN_BYTES = 140e6;

/** Of a number in a grid of samples: as float in the engine and in JavaScript, as byte, and in the encoder's rows. */
const GRID_BYTES = 16;

/** The state exists twice: what a step reads and what it returns. */
const GENERATIONS = 2;

/** Everything that a stage of a step computes, by name. */
export function outputsOf({ report, state }: Pick<Stage, "report" | "state">): Readonly<Record<string, Tensor>> {
  return { ...report, ...Object.fromEntries(state.map(({ current, next }) => [`next:${current.name}`, next])) };
}

/** The memory of a process that does nothing but training steps. */
export function estimateStepMemory(step: TrainingStep, target: Target): MemoryEstimate {
  const graphs = step.stages.map((stage) => graphMemory({ outputs: outputsOf(stage) }, target));
  const state = GENERATIONS * bytesOf([...step.state, ...step.scratch]);
  const stages = graphs.reduce((total, graph) => total + engineBytes(graph), 0);
  return summed({ process: PROCESS_BYTES, step: stages, sampler: 0, state });
}

/**
 * The peak memory of a training run on the CPU: every configuration measured took within 25 % of it
 * (`bench/memory-estimate.js`).
 * On another device it is the sum of what the device and the process take.
 */
export async function estimateMemory(config: Config): Promise<MemoryEstimate> {
  const method = methodOf(config, await loadResources(config));
  const step = buildTrainingStep(method, {
    format: formatOf(config),
    batch: config.batch,
    parts: config.microBatches,
  });
  const target = config.device === "cpu" ? await targetOf("cpu") : portable;
  const alone = estimateStepMemory(step, target);
  const grid = SAMPLES * imageBytesOf(formatOf(config)) * GRID_BYTES;
  const sampler = samplerBytes(method, config, target) + grid;
  return summed({ ...alone, process: alone.process + RUN_BYTES, sampler });
}

/**
 * What to tell someone whose training will hardly fit into memory; undefined where it will.
 * @param available bytes that the system can still give to processes.
 */
export function memoryWarning(
  { total }: MemoryEstimate,
  available: number,
  { batch, microBatches }: Config,
): string | undefined {
  if (total <= available) return undefined;
  const parts = possibleParts(batch).find((count) => count > microBatches);
  return [
    `Warning: training will take about ${gigabytes(total)} of memory, and ${gigabytes(available)} are free.`,
    parts === undefined
      ? `help: use a smaller --batch (now ${batch})`
      : `help: use a smaller --batch (now ${batch}), or --set microBatches=${parts} to work through each batch in ${parts} parts`,
  ].join("\n");
}

/** An estimate this many times the machine's memory cannot be so wrong that training works. */
const HOPELESS = 1.5;

/**
 * @param installed bytes of memory that the machine has.
 * @throws AtelierError (usage) when training cannot possibly fit into it.
 */
export function assertPossible(
  { total }: MemoryEstimate,
  installed: number,
  { width, latent }: Pick<Config, "width" | "latent">,
): void {
  if (total <= HOPELESS * installed) return;
  throw new AtelierError({
    kind: "usage",
    where: "the configuration",
    expected: `a training that fits into the ${gigabytes(installed)} of memory that this machine has`,
    received: `one that takes about ${gigabytes(total)}`,
    help: `use smaller networks (width is ${width}, latent ${latent}), a smaller --size or a smaller --batch`,
  });
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function samplerBytes(method: Method, config: Config, target: Target): number {
  const players = initialPlayers(method);
  const latents = input("latent", ["batch", randomSize(method)]);
  const images = drawnPictures(method, latents, players, classInput(method));
  const sampler = engineBytes(graphMemory({ outputs: { images }, batch: SAMPLED_AT_ONCE }, target));
  const { coding, latent, classes } = method;
  if (coding?.mixture === undefined) return sampler;
  const seen = normalisedImages(imagesInput(config));
  const outputs = { codes: coding.encode(seen, players), ...(classes && { logits: classes.classify(seen, players) }) };
  const encoder = engineBytes(graphMemory({ outputs, batch: ENCODED_AT_ONCE }, target));
  return sampler + encoder + fittingBytes({ components: mixtureRoom(method), size: latent, codes: MOST_CODES });
}

function engineBytes({ results, constants }: GraphMemory): number {
  return results + constants;
}

function bytesOf(inputs: readonly Input[]): number {
  return inputs.reduce((total, { shape }) => total + 4 * elementCount(shape.map(Number)), 0);
}

function summed(parts: Omit<MemoryEstimate, "total">): MemoryEstimate {
  return { ...parts, total: parts.process + parts.step + parts.sampler + parts.state };
}
