import { add, argmax, gather, multiply, oneHot, reshape, transpose } from "../../operators/index.ts";
import type { Rules } from "../rule.ts";
import { picked, sizeAt } from "./blocks.ts";
import { shapeOf } from "./reshaping.ts";

/** Operators that find elements by number, and numbers of elements. */
export const lookup: Rules = {
  Gather: {
    learned: [0],
    apply: (node) => {
      const shape = shapeOf(node.value(0));
      const axis = node.axis(node.int("axis", 0), shape);
      const places = node.value(1);
      if (places.kind === "computed" || places.kind === "input") return gather(node.tensor(0), places, axis);
      const size = sizeAt(node, shape, axis);
      const positions = node.numbers(1).map((index) => (index < 0 ? index + size : index));
      const result = [...shape.slice(0, axis), ...places.shape, ...shape.slice(axis + 1)];
      return node.move((x) => reshape(picked(x, axis, positions), result));
    },
  },
  OneHot: {
    apply: (node) => {
      const places = node.tensor(0);
      const count = node.number(1, 0);
      const [off = 0, on = 1] = node.numbers(2);
      const mask = add(multiply(oneHot(places, count), on - off), off);
      const axis = node.int("axis", -1);
      const last = places.shape.length;
      const at = axis < 0 ? axis + last + 1 : axis;
      const order = places.shape.map((_, index) => index);
      return transpose(mask, order.toSpliced(at, 0, last));
    },
  },
  ArgMax: {
    apply: (node) => {
      const x = node.tensor(0);
      if (node.int("keepdims", 1) === 1) return node.refuse("keepdims: 1");
      if (node.int("select_last_index", 0) === 1) return node.refuse("select_last_index: 1");
      return argmax(x, node.axis(node.int("axis", 0), x.shape));
    },
  },
};
