import { averagePool2d, globalAveragePool, max, maxPool2d, reshape } from "../../operators/index.ts";
import { equalShapes } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rules } from "../rule.ts";
import { assertImages, windowOf } from "./windows.ts";

/** Operators that make one number of a window of an image. */
export const pooling: Rules = {
  MaxPool: {
    apply: (node) => {
      if ((node.node.outputs[1] ?? "") !== "") return node.refuse("the positions of the largest elements as an output");
      return maxPool2d(node.tensor(0), pool(node));
    },
  },
  AveragePool: {
    apply: (node) => {
      const countPadding = node.int("count_include_pad", 0) === 1;
      return averagePool2d(node.tensor(0), { ...pool(node), countPadding });
    },
  },
  GlobalAveragePool: { apply: (node) => withPixels(node, globalAveragePool(images(node))) },
  GlobalMaxPool: { apply: (node) => withPixels(node, max(images(node), [2, 3])) },
};

function pool(node: NodeContext) {
  const x = images(node);
  const { kernel, strides, padding, dilations } = windowOf(node, x.shape, node.list("kernel_shape") ?? []);
  if (!equalShapes(dilations, [1, 1])) node.refuse(`a pooling window with dilations ${dilations.join()}`);
  return { kernel, strides, padding, ceil: node.int("ceil_mode", 0) === 1 };
}

function images(node: NodeContext): Tensor {
  const x = node.tensor(0);
  assertImages(node, x.shape);
  return x;
}

/** [batch, channels] as [batch, channels, 1, 1]. */
function withPixels(node: NodeContext, y: Tensor): Tensor {
  return reshape(y, [...node.tensor(0).shape.slice(0, 2), 1, 1]);
}
