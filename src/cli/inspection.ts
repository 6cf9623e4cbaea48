import { stat } from "node:fs/promises";
import { AtelierError } from "../foundation/errors.ts";
import { readNamedFile } from "../foundation/files.ts";
import {
  countMultiplyAdds,
  graphHash,
  input,
  type LayerSummary,
  listOnnx,
  type OnnxListing,
  type OnnxPort,
  type Shape,
  simplify,
  summariseLayers,
  topologicalOrder,
} from "../graph/index.ts";
import { buildTrainingStep, formatOf, methodOf } from "../methods/index.ts";
import type { Network } from "../nn/index.ts";
import { readOnnxFile } from "../runtime/index.ts";
import {
  type Config,
  estimateMemory,
  loadResources,
  type MemoryEstimate,
  openRun,
  outputsOf,
} from "../training/index.ts";

export interface NetworkInspection {
  readonly name: string;
  /** Of one picture. */
  readonly layers: readonly LayerSummary[];
}

/** What a run's training step is made of. */
export interface StepInspection {
  /** Pictures a step. */
  readonly batch: number;
  /** Nodes of its graphs, after simplification. */
  readonly nodes: number;
  /** Of the whole step: forward, backward and update, for all pictures. */
  readonly multiplyAdds: number;
  /** Of everything that is carried from step to step. */
  readonly stateBytes: number;
  /** Tells graphs apart. */
  readonly hash: string;
  readonly memory: MemoryEstimate;
}

export interface RunInspection {
  readonly kind: "run";
  readonly path: string;
  readonly config: Config;
  readonly networks: readonly NetworkInspection[];
  readonly step: StepInspection;
}

export interface ModelInspection extends OnnxListing {
  readonly kind: "model";
  readonly path: string;
  readonly fileBytes: number;
  /** The layers, where every operator is known; else why not. */
  readonly network: NetworkInspection | { readonly refusal: string };
}

/**
 * Looks into a run's folder or an ONNX file; changes nothing.
 * @param size pixels that stand for the sizes which an ONNX file leaves open, apart from its batch.
 * @throws AtelierError (usage) when there is neither at the path, (file) when the file is no ONNX model.
 */
export async function inspect(path: string, size?: number): Promise<RunInspection | ModelInspection> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true ? inspectRun(path) : inspectModel(path, size);
}

async function inspectRun(path: string): Promise<RunInspection> {
  const { config } = (await openRun(path)).plan;
  const networks = Object.values(methodOf(config).networks).map(inspectNetwork);
  return { kind: "run", path, config, networks, step: await inspectStep(config) };
}

function inspectNetwork(network: Network): NetworkInspection {
  const { output } = network.apply(input("x", network.inputShape), network.bindings(), "inference");
  const trained = network.variables.filter(({ role }) => role === "parameter").map((variable) => variable.input);
  return { name: network.name, layers: summariseLayers([output], new Set(trained)) };
}

async function inspectStep(config: Config): Promise<StepInspection> {
  const { batch, microBatches } = config;
  const step = buildTrainingStep(methodOf(config, await loadResources(config)), {
    format: formatOf(config),
    batch,
    parts: microBatches,
  });
  const stages = step.stages.map(({ runs, report, state }) => {
    const outputs = Object.entries(outputsOf({ report, state }));
    const tensors = simplify(outputs.map(([, tensor]) => tensor));
    return {
      times: runs === "once" ? 1 : step.parts,
      tensors,
      named: Object.fromEntries(tensors.map((tensor, index) => [outputs[index]?.[0] ?? "", tensor])),
    };
  });
  const state = step.state.reduce((total, { shape }) => total + shape.map(Number).reduce((x, y) => x * y, 4), 0);
  return {
    batch,
    nodes: stages.reduce((total, { tensors }) => total + computedNodes(tensors), 0),
    multiplyAdds: stages.reduce((total, { tensors, times }) => total + times * countMultiplyAdds(tensors), 0),
    stateBytes: state,
    hash: stages.map(({ named }) => graphHash(named)).join(" "),
    memory: await estimateMemory(config),
  };
}

function computedNodes(tensors: Parameters<typeof topologicalOrder>[0]): number {
  return topologicalOrder(tensors).filter(({ kind }) => kind === "computed").length;
}

async function inspectModel(path: string, size: number | undefined): Promise<ModelInspection> {
  const bytes = await readNamedFile(path, {
    expected: "a run's folder or an ONNX file",
    absent: "nothing there",
    help: "check the path; `atelier train DATA` makes a run",
  });
  const listing = listOnnx(bytes);
  if (listing === undefined) {
    throw new AtelierError({
      kind: "file",
      where: path,
      expected: "an ONNX model",
      received: `${bytes.length} bytes that are not one`,
      help: "name a run's folder, its generator.onnx, or another ONNX file",
    });
  }
  return { kind: "model", path, fileBytes: bytes.length, ...listing, network: await networkOf(path, size) };
}

/** The layers of a file whose operators are all known; its weights may lie in files beside it. */
async function networkOf(path: string, size: number | undefined): Promise<ModelInspection["network"]> {
  try {
    const network = await readOnnxFile(path, { name: "model" });
    if (size === undefined && network.inputs.some(hasOpenSize)) {
      return { refusal: "its inputs leave their sizes open; name one in pixels, such as --size 224" };
    }
    const shapes = network.inputs.filter(hasOpenSize).map((port) => [port.name, filledIn(port, size ?? 1)] as const);
    const inputs = network.declareInputs(Object.fromEntries(shapes));
    const outputs = Object.values(network.apply(inputs, { parameters: network.bindings() }));
    const weights = new Set(network.parameters.map((parameter) => parameter.input));
    return { name: "model", layers: byPath(summariseLayers(outputs, weights)) };
  } catch (cause) {
    if (!(cause instanceof AtelierError)) throw cause;
    const { where, expected, received } = cause.details;
    return { refusal: `${where}: expected ${expected}, received ${received}` };
  }
}

/** Whether the file gives a shape in which more than the batch is open. */
function hasOpenSize({ shape = [] }: OnnxPort): boolean {
  return shape.slice(1).some((size) => typeof size !== "number");
}

function filledIn({ shape = [] }: OnnxPort, size: number): Shape {
  return shape.map((own, axis) => (typeof own === "number" ? own : axis === 0 ? "batch" : size));
}

/**
 * The nodes of a file gathered into layers. Names such as `/encoder/conv1/Conv` are paths of layers; where names are
 * flat, a node without weights belongs to the layer before it.
 */
function byPath(nodes: readonly LayerSummary[]): readonly LayerSummary[] {
  const layers: LayerSummary[] = [];
  for (const node of nodes) {
    const path = node.name.split("/").slice(1);
    const name = path.slice(0, -1).join("/").replace(/^\//, "");
    const last = layers.at(-1);
    const joins = name === "" ? node.parameters === 0 && node.multiplyAdds === 0 : name === last?.name;
    if (last === undefined || !joins) {
      layers.push({ ...node, name: name === "" ? path.join("/") : name });
    } else {
      layers[layers.length - 1] = {
        name: last.name,
        shape: node.shape,
        parameters: last.parameters + node.parameters,
        multiplyAdds: last.multiplyAdds + node.multiplyAdds,
        activationBytes: last.activationBytes + node.activationBytes,
      };
    }
  }
  return layers;
}
