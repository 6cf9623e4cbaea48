import { createHash } from "node:crypto";
import { AtelierError, messageOf } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import {
  apply,
  type Computed,
  elementCount,
  formatShape,
  input,
  negate,
  type OnnxModel,
  portable,
  type Target,
  type Tensor,
  topologicalOrder,
  writeOnnx,
} from "../graph/index.ts";
import { computeOnce, relativeError } from "./compute.ts";
import { Engine, type EngineOptions, type HostArray, loadNative } from "./engine.ts";
import { PassedOperators } from "./passed-operators.ts";

/** Largest difference between a device and the CPU provider, in units of the result's largest number. */
const RELATIVE_ERROR = 1e-3;

/** Size of an open batch in the trial of an operator. */
const BATCH = 3;

export interface SelfTestOptions {
  readonly engine: Engine;
  /** What the graphs for the engine may use. */
  readonly target: Target;
  /** Told once that a trial begins, which takes seconds. */
  readonly notify?: ((notice: string) => void) | undefined;
  /** Where the results are kept. Default: the cache folder. */
  readonly cacheFolder?: string;
  /** How the engine computes in the trial. */
  readonly engineOptions?: EngineOptions;
}

/**
 * Has a device other than cpu compute every operator of a graph on drawn numbers, one at a time and each in its real
 * shapes, and compares with the CPU provider. What passed is remembered on disk for this version of onnxruntime and this
 * graphics hardware, so only the first use of an operator costs anything. Nothing is done where there is no native CPU
 * provider to compare with.
 * @throws AtelierError (device) that names the first operator that is wrong, its layer, its shapes, and both numbers.
 */
export async function assertOperators(outputs: readonly Tensor[], options: SelfTestOptions): Promise<void> {
  const { engine, target, notify, cacheFolder } = options;
  if (engine.device === "cpu") return;
  const native = await loadNative();
  if (!("library" in native)) return;
  const reference = new Engine("cpu", native.library);
  const passed = await PassedOperators.open(engine.device, engine.version, cacheFolder);
  const trials = trialsOf(outputs, target).filter(({ key }) => !passed.has(key));
  if (trials.length === 0) return;
  const operators = trials.length === 1 ? "1 operator" : `${trials.length} operators`;
  notify?.(`${engine.device}: checking ${operators} against the cpu, once for this machine`);
  // The engine sets its graphics context up with its first session and tears it down with its last: a session that stays
  // open makes each trial take a few milliseconds instead of a hundred.
  const open = await engine.open(writeOnnx({ y: negate(input("x", [1])) }, { target: portable }).bytes);
  try {
    for (const trial of trials) {
      await assertOperator(reference, trial, options);
      passed.add(trial.key);
    }
  } finally {
    await passed.save();
    await open.release();
  }
}

interface Trial {
  /** The operator in the graph. */
  readonly node: Computed;
  /** The same operator alone, on inputs of the same types. */
  readonly alone: Computed;
  readonly model: OnnxModel;
  /** A hash of the model: the same trial has the same key. */
  readonly key: string;
}

/** A trial of each operator of the graph; operators of equal attributes and input types are tried once. */
function trialsOf(outputs: readonly Tensor[], target: Target): readonly Trial[] {
  const trials = new Map<string, Trial>();
  for (const node of topologicalOrder(outputs)) {
    if (node.kind !== "computed") continue;
    const { operation, inputs } = node;
    const types = inputs.map(({ shape, dtype }) => [shape, dtype]);
    const signature = JSON.stringify([operation.name, operation.attributes, types]);
    if (trials.has(signature)) continue;
    const alone = apply(
      operation,
      inputs.map(({ shape, dtype }, index) => input(`input${index}`, shape, dtype)),
    );
    const model = writeOnnx({ result: alone }, { target });
    const key = createHash("sha256").update(model.bytes).digest("hex").slice(0, 16);
    trials.set(signature, { node, alone, model, key });
  }
  return [...trials.values()];
}

async function assertOperator(
  reference: Engine,
  { node, alone, model }: Trial,
  { engine, engineOptions }: SelfTestOptions,
): Promise<void> {
  const plain = writeOnnx({ result: alone }, { target: portable });
  const indices = smallestSize(alone);
  let draw: Draw = (name, shape) => drawn(dtypeOf(model, name), name, shape, indices, "normal");
  let expected = await compute(reference, plain, draw);
  if (!expected.every(Number.isFinite)) {
    // Logarithms, roots and their like want numbers from their domain.
    draw = (name, shape) => drawn(dtypeOf(model, name), name, shape, indices, "positive");
    expected = await compute(reference, plain, draw);
  }
  const actual = await compute(engine, model, draw, engineOptions).catch((cause: unknown) => messageOf(cause));
  if (typeof actual === "string") throw wrong(engine, node, "to be computed", actual.split("\n", 1)[0] ?? "");
  if (relativeError(expected, actual) <= RELATIVE_ERROR) return;
  const worst = worstIndex(expected, actual);
  throw wrong(engine, node, `to give ${expected[worst]} at element ${worst}, as the cpu does`, `${actual[worst]}`);
}

type Draw = (name: string, shape: readonly number[]) => HostArray;

async function compute(engine: Engine, model: OnnxModel, draw: Draw, options?: EngineOptions): Promise<Float32Array> {
  const [result] = await computeOnce(engine, model, draw, { ...options, quiet: true, batch: BATCH });
  return result ?? new Float32Array();
}

function dtypeOf({ inputs }: OnnxModel, name: string): string {
  return inputs.find((declared) => declared.name === name)?.dtype ?? "float32";
}

/** Whole numbers may be indices into any axis of the other inputs. */
function smallestSize({ inputs }: Computed): number {
  const sizes = inputs.filter(({ dtype }) => dtype === "float32").flatMap(({ shape }) => shape);
  return Math.min(256, ...sizes.map((size) => (size === "batch" ? BATCH : size)));
}

/** As many draws as there are; longer inputs repeat them. A prime, so that no axis repeats in step with them. */
const DRAWS = 65_537;

const draws = new Map<string, Float32Array>();

function drawn(
  dtype: string,
  name: string,
  shape: readonly number[],
  below: number,
  kind: "normal" | "positive",
): HostArray {
  const count = elementCount(shape);
  if (dtype === "int32") return Int32Array.from({ length: count }, (_, index) => (index * 7) % below);
  if (dtype === "uint8") return Uint8Array.from({ length: count }, (_, index) => (index * 7) % 256);
  const random = randomStream(0, "self-test", name);
  const all =
    draws.get(`${name} ${kind}`) ??
    (kind === "normal"
      ? random.normals(DRAWS)
      : Float32Array.from({ length: DRAWS }, () => 0.1 + 0.8 * random.uniform()));
  draws.set(`${name} ${kind}`, all);
  const values = new Float32Array(count);
  for (let begin = 0; begin < count; begin += DRAWS) values.set(all.subarray(0, count - begin), begin);
  return values;
}

function worstIndex(expected: Float32Array, actual: Float32Array): number {
  let worst = 0;
  let most = -1;
  expected.forEach((value, index) => {
    const difference = Math.abs(value - (actual[index] ?? Number.NaN));
    if (!(difference <= most) && !Number.isNaN(most)) {
      most = difference;
      worst = index;
    }
  });
  return worst;
}

function wrong(engine: Engine, { operation, inputs, shape, scope }: Computed, expected: string, received: string) {
  const shapes = `${inputs.map((argument) => formatShape(argument.shape)).join(", ")} -> ${formatShape(shape)}`;
  const layer = scope === "" ? "" : ` at ${scope}`;
  return new AtelierError({
    kind: "device",
    where: `--device ${engine.device}`,
    expected: `${operation.name}${layer} (${shapes}) ${expected}`,
    received,
    help: `this device or its driver is not right for this model; use ${engine.device === "wasm" ? "--device cpu" : "--device cpu or --device wasm"}`,
  });
}
