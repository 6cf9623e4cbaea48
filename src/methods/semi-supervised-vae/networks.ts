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

/** The same network under another name, so that a method can have two of a kind. */
export function named(name: string, network: Network): Network {
  return new Network(name, network.inputShape, (scope, x) => {
    const values = network.variables.map(({ input, shape, initializer, role }) => {
      const own = scope[role](input.name, shape, initializer);
      return [input.name, own] as const;
    });
    const noise = (path: string, shape: readonly number[]) => scope.noise(path, shape);
    const { output, statistics, shown } = network.apply(x, new Map(values), scope.mode, noise);
    for (const [path, value] of statistics) scope.assign(path, value);
    for (const [path, value] of shown) scope.show(path, value);
    return output;
  });
}
