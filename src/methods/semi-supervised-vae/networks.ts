import { leakyRelu, type Tensor } from "../../graph/index.ts";
import { dense, Network, normal } from "../../nn/index.ts";

/** Units of the hidden layers of what reads codes. */
const UNITS = 256;

/** Deviation of the last weights: training begins with N(0, 1), whatever is read; a logarithm of a variance must not be large. */
const SMALL = 0.01;

/** Fully connected layers: [batch, inputs] -> [batch, outputs]. */
export function layered(
  name: string,
  { inputs, outputs, depth }: { readonly inputs: number; readonly outputs: number; readonly depth: number },
): Network {
  return new Network(name, ["batch", inputs], (scope, codes) => {
    let x: Tensor = codes;
    for (let index = 1; index <= depth; index++) {
      x = scope.layer(`hidden${index}`, (layer) => leakyRelu(dense(layer, x, { features: UNITS }), 0.2));
    }
    return scope.layer("out", (layer) => dense(layer, x, { features: outputs, initializer: normal(SMALL) }));
  });
}
