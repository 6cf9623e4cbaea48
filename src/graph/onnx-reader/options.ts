import type { Tensor } from "../tensor.ts";
import type { DeclaredSize } from "./decode.ts";
import type { ExternalData } from "./weights.ts";

/** How a file is read. */
export interface OnnxReadOptions {
  /** What the network is called: in messages, in scopes of the graph, and before the names of its parameters. */
  readonly name: string;
  /** Reads weights that lie in files beside the model. Default: such a model is refused. */
  readonly externalData?: ExternalData | undefined;
  /**
   * Shapes that replace those the file declares for its inputs, by name: for a network that was exported with fixed sizes
   * and works with others too. Words stand for open sizes. Default: none.
   */
  readonly inputShapes?: Readonly<Record<string, readonly DeclaredSize[]>>;
}

/** What is built of a network. */
export interface OnnxApplyOptions<Output extends string> {
  /**
   * Names of the values to compute: outputs of the file, or any value inside it. Only what they need is built, so naming
   * a value inside cuts the network there. Default: the outputs that the file declares.
   */
  readonly outputs?: readonly Output[];
  /**
   * `frozen`: all weights are constants. Otherwise the tensors that stand in for parameters, by the names of their inputs
   * (`NETWORK/NAME`, see `OnnxNetwork.bindings`); what is not bound stays constant. Default: frozen.
   */
  readonly parameters?: "frozen" | ReadonlyMap<string, Tensor>;
}

/** A value that a node of the file computes. */
export interface OnnxInnerValue {
  readonly name: string;
  /** The operator that computes it: `Conv`, or with its domain where that is not the standard one. */
  readonly operator: string;
  /** Names of what it is computed from: inner values, weights, inputs of the network; empty for one that is left out. */
  readonly inputs: readonly string[];
}
