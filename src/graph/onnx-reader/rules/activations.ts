import {
  abs,
  add,
  clip,
  divide,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  isGreater,
  leakyRelu,
  logSoftmax,
  multiply,
  prelu,
  relu,
  reshape,
  select,
  sigmoid,
  softmax,
  softplus,
  tanh,
} from "../../operators/index.ts";
import { elementCount, type Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rule, Rules } from "../rule.ts";
import { known } from "../values.ts";

/** Activation functions. */
export const activations: Rules = {
  Relu: of(relu),
  Sigmoid: of(sigmoid),
  Softplus: of(softplus),
  HardSwish: of(hardSwish),
  Softsign: of((x) => divide(x, add(abs(x), 1))),
  Mish: of((x) => multiply(x, tanh(softplus(x)))),
  LeakyRelu: of((x, node) => ramp(x, node.float("alpha", 0.01))),
  ThresholdedRelu: of((x, node) => select(isGreater(x, node.float("alpha", 1)), x, 0)),
  Elu: of((x, node) => elu(x, node.float("alpha", 1))),
  Celu: of((x, node) => {
    const alpha = node.float("alpha", 1);
    return multiply(elu(divide(x, alpha)), alpha);
  }),
  // Klambauer et al. 2017; the defaults are the operator's own.
  Selu: of((x, node) =>
    multiply(elu(x, node.float("alpha", 1.6732631921768188)), node.float("gamma", 1.0507010221481323)),
  ),
  Gelu: of((x, node) => (node.text("approximate", "none") === "tanh" ? gelu(x, { approximate: "tanh" }) : gelu(x))),
  HardSigmoid: of((x, node) => hardSigmoid(x, { slope: node.float("alpha", 0.2), offset: node.float("beta", 0.5) })),
  PRelu: { learned: [1], apply: (node) => prelu(node.tensor(0), node.tensor(1)) },
  Clip: {
    apply: (node) => {
      const least = node.has(1)
        ? node.number(1, Number.NEGATIVE_INFINITY)
        : node.float("min", Number.NEGATIVE_INFINITY);
      const most = node.has(2) ? node.number(2, Number.POSITIVE_INFINITY) : node.float("max", Number.POSITIVE_INFINITY);
      if (!node.isKnown()) return clip(node.tensor(0), { min: least, max: most });
      const { dtype, shape } = node.known(0);
      return known(
        dtype,
        shape,
        node.numbers(0).map((value) => Math.min(Math.max(value, least), most)),
      );
    },
  },
  Softmax: { apply: (node) => normalised(node, softmax) },
  LogSoftmax: { apply: (node) => normalised(node, logSoftmax) },
};

function of(apply: (x: Tensor, node: NodeContext) => Tensor): Rule {
  return { apply: (node) => apply(node.tensor(0), node) };
}

/** x where x > 0, slope * x elsewhere, for any slope. */
function ramp(x: Tensor, slope: number): Tensor {
  return slope >= 0 && slope < 1 ? leakyRelu(x, slope) : add(multiply(x, slope), multiply(relu(x), 1 - slope));
}

/** Before operator set 13, softmax ran over all axes from the given one on. */
function normalised(node: NodeContext, along: (x: Tensor, axis: number) => Tensor): Tensor {
  const x = node.tensor(0);
  if (node.opset >= 13) return along(x, node.axis(node.int("axis", -1), x.shape));
  const axis = node.axis(node.int("axis", 1), x.shape);
  const tail = x.shape.slice(axis);
  if (tail.length === 1) return along(x, axis);
  const flat: Shape = [...x.shape.slice(0, axis), elementCount(tail.map(Number))];
  return tail.includes("batch")
    ? node.failOpenBatch("axes of known size")
    : reshape(along(reshape(x, flat), axis), x.shape);
}
