import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { internalError } from "../../foundation/errors.ts";
import type { Target } from "../emitter.ts";
import { writeOnnx } from "../onnx-writer.ts";
import { simplify } from "../simplify.ts";
import type { Tensor } from "../tensor.ts";
import { executionOrder } from "./execution-order.ts";
import { peakOfLiveResults } from "./liveness.ts";
import { inferSizes } from "./onnx-shapes.ts";

/** A graph that is to be compiled and run. */
export interface RunGraph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Size of the open batch dimension, where there is one. Default: 1. */
  readonly batch?: number;
}

/** What running one graph takes in the engine, in bytes. */
export interface GraphMemory {
  /** Results of nodes, at most. */
  readonly results: number;
  /** Numbers stored in the graph. */
  readonly constants: number;
  readonly nodes: number;
  /** ONNX operators whose results had to be guessed. */
  readonly guessed: readonly string[];
}

/**
 * The arena gives out a free piece of up to twice the size that is asked for rather than cut it, and pieces do not join
 * without gaps. Chosen so that 17 training steps take what was measured.
 */
const ARENA_SLACK = 1.38;

/** The memory that a graph takes in the engine while it runs. */
export function graphMemory({ outputs, batch = 1 }: RunGraph, target: Target): GraphMemory {
  const names = Object.keys(outputs);
  const tensors = simplify(Object.values(outputs));
  const named = Object.fromEntries(tensors.map((tensor, index) => [names[index] ?? "", tensor]));
  const { bytes, types, nodes } = writeOnnx(named, { target });
  const { graph } = fromBinary(ModelProtoSchema, bytes);
  if (graph === undefined) throw internalError("memory", "a model without a graph");
  const { values, guessed } = inferSizes(graph, types, batch);
  const results = Math.round(peakOfLiveResults(graph, executionOrder(graph), values) * ARENA_SLACK);
  const constants = graph.initializer.reduce((total, { name }) => total + (values.get(name)?.bytes ?? 0), 0);
  return { results, constants, nodes, guessed };
}
