import type { MessageInitShape } from "@bufbuild/protobuf";
import type { NodeProtoSchema, TensorProtoSchema, ValueInfoProtoSchema } from "onnx-buf";

type NodeInit = MessageInitShape<typeof NodeProtoSchema>;
type ValueInit = MessageInitShape<typeof ValueInfoProtoSchema>;

/** The parts of an ONNX graph. */
export interface GraphParts {
  readonly node: readonly NodeInit[];
  readonly initializer: readonly MessageInitShape<typeof TensorProtoSchema>[];
  readonly input: readonly ValueInit[];
  readonly output: readonly ValueInit[];
}

/** Operators that take the size of their result as their second input. */
const sized: ReadonlySet<string> = new Set(["Reshape", "Expand"]);

/** No layer and no user gives such a name. */
const ZERO = "/hidden/zero";

/**
 * The same graph, whose sizes the engine learns only when it runs it. onnxruntime's planner (`allocation_planner.cc`) gives a
 * result the memory of a dead one of exactly its size, however much later it comes, and keeps that memory in between:
 * measured, a DCGAN's step takes a third more of it than where no size is known and memory is taken and given back.
 *
 * Inputs and outputs are declared without sizes, and the size that a node makes is added to a zero which is computed: the
 * difference of an input's size and itself.
 */
export function withHiddenSizes({ node, initializer, input, output }: GraphParts): GraphParts {
  const [first] = input;
  if (first?.name === undefined) return { node, initializer, input, output };
  const constants = new Set(initializer.map(({ name }) => name));
  const hidden = new Map<string, string>();
  const changed = node.map((one) => {
    const [x = "", size = ""] = one.input ?? [];
    if (!sized.has(one.opType ?? "") || !constants.has(size)) return one;
    const name = `${ZERO}+${size}`;
    hidden.set(size, name);
    return { ...one, input: [x, name] };
  });
  const counted = `${ZERO}/elements`;
  const sizes: NodeInit[] = [
    { opType: "Size", name: counted, input: [first.name], output: [counted] },
    { opType: "Sub", name: ZERO, input: [counted, counted], output: [ZERO] },
    ...[...hidden].map(([size, name]) => ({ opType: "Add", name, input: [size, ZERO], output: [name] })),
  ];
  return {
    node: hidden.size === 0 ? changed : [...sizes, ...changed],
    initializer,
    input: input.map((declared) => withoutSize(declared, true)),
    output: output.map((declared) => withoutSize(declared, false)),
  };
}

/** @param ranked whether the number of axes is still declared. */
function withoutSize(declared: ValueInit, ranked: boolean): ValueInit {
  const kind = declared.type?.value;
  if (kind?.case !== "tensorType") return declared;
  const { elemType = 0, shape } = kind.value;
  const value = ranked ? { elemType, shape: { dim: (shape?.dim ?? []).map(() => ({})) } } : { elemType };
  return { name: declared.name ?? "", type: { value: { case: "tensorType", value } } };
}
