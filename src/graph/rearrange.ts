import { add, multiply, negate, subtract } from "./operators/arithmetic.ts";
import { channelAffine } from "./operators/channelwise.ts";
import { reshape } from "./operators/movement.ts";
import { equalShapes, knownElementCount } from "./shape.ts";
import { type Computed, type Constant, constant, scalar, type Tensor } from "./tensor.ts";

/** Simplifies and shares a node that a rule made; every node that a rule makes must pass through it, inner ones first. */
export type Settle = (tensor: Tensor) => Tensor;

/**
 * An equal of an arithmetic node that takes fewer passes over large tensors, or undefined. The passes of a training step
 * run at the speed of memory, so their number is what they cost. Results differ by rounding at most.
 */
export function rearranged(tensor: Computed, settle: Settle): Tensor | undefined {
  const [left, right] = tensor.inputs;
  if (left === undefined) return undefined;
  if (tensor.operation.name === "negate") return negated(left, settle);
  if (right === undefined) return undefined;
  switch (tensor.operation.name) {
    case "add":
      return added(tensor, left, right, settle) ?? added(tensor, right, left, settle);
    case "subtract":
      return subtracted(tensor, left, right, settle);
    case "multiply":
      return multiplied(tensor, left, right, settle) ?? multiplied(tensor, right, left, settle);
    case "divide":
      return divided(left, right, settle);
    default:
      return undefined;
  }
}

function added(tensor: Tensor, left: Tensor, right: Tensor, settle: Settle): Tensor | undefined {
  const [opposite] = argumentsOf(right, "negate");
  if (opposite !== undefined) return settle(subtract(left, opposite));
  return addedTwice(left, right, settle) ?? shifted(tensor, left, right, settle, add);
}

/** (a + c x) + c x = a + (2 c) x, where c is smaller than x: gradients of squares are added up like this. */
function addedTwice(sum: Tensor, term: Tensor, settle: Settle): Tensor | undefined {
  const terms = argumentsOf(sum, "add");
  const [other] = terms.filter((argument) => argument !== term);
  const factors = [...argumentsOf(term, "multiply"), ...argumentsOf(term, "channelAffine")];
  if (!terms.includes(term) || other === undefined || !factors.some((factor) => isSmaller(factor, term)))
    return undefined;
  return settle(add(other, settle(multiply(term, settle(scalar(2))))));
}

function subtracted(tensor: Tensor, left: Tensor, right: Tensor, settle: Settle): Tensor | undefined {
  const [opposite] = argumentsOf(right, "negate");
  if (opposite !== undefined) return settle(add(left, opposite));
  return shifted(tensor, left, right, settle, subtract);
}

/** (x * scale + shift) ± b with one b a channel: b goes into the shift. */
function shifted(
  tensor: Tensor,
  left: Tensor,
  right: Tensor,
  settle: Settle,
  combine: (left: Tensor, right: Tensor) => Tensor,
): Tensor | undefined {
  const [x, scale, shift] = argumentsOf(left, "channelAffine");
  const change = perChannel(right, tensor);
  if (x === undefined || scale === undefined || shift === undefined || change === undefined) return undefined;
  if (!equalShapes(left.shape, tensor.shape)) return undefined;
  return settle(channelAffine(x, scale, settle(combine(shift, settle(reshape(change, shift.shape))))));
}

function multiplied(tensor: Tensor, left: Tensor, right: Tensor, settle: Settle): Tensor | undefined {
  return gathered(tensor, left, right, settle) ?? scaled(tensor, left, right, settle);
}

/** (small * large) * small = (small * small) * large. */
function gathered(tensor: Tensor, left: Tensor, right: Tensor, settle: Settle): Tensor | undefined {
  const [first, second] = argumentsOf(left, "multiply");
  if (first === undefined || second === undefined) return undefined;
  for (const [large, small] of [
    [first, second],
    [second, first],
  ] as const) {
    const factor = multiply(small, right);
    if (isSmaller(factor, large) && equalShapes(large.shape, tensor.shape))
      return settle(multiply(large, settle(factor)));
  }
  return undefined;
}

/**
 * x * b with one b a channel: engines broadcast numbers over small maps slowly (3 times as slow on maps of 4 x 4), but have
 * a pass of its own for channels, which takes in what was multiplied and added before.
 */
function scaled(tensor: Tensor, left: Tensor, right: Tensor, settle: Settle): Tensor | undefined {
  if (tensor.shape.length < 3 || !equalShapes(left.shape, tensor.shape)) return undefined;
  const [x, scale, shift] = argumentsOf(left, "channelAffine");
  if (x !== undefined && scale !== undefined && shift !== undefined) {
    const factor = isNumber(right) ? settle(reshape(right, [])) : perChannel(right, tensor);
    if (factor === undefined) return undefined;
    const flat = factor.shape.length === 0 ? factor : settle(reshape(factor, scale.shape));
    return settle(channelAffine(x, settle(multiply(scale, flat)), settle(multiply(shift, flat))));
  }
  const factor = perChannel(right, tensor);
  if (factor === undefined || isNumber(factor)) return undefined;
  const channels = knownElementCount(factor.shape);
  const none = settle(constant(new Float64Array(channels), [channels]));
  return settle(channelAffine(left, settle(reshape(factor, [channels])), none));
}

/** Between these sizes a number and its reciprocal both have all digits of float32. */
const [LEAST_NORMAL, MOST_NORMAL] = [2 ** -126, 2 ** 126];

/** Division by a number becomes a product, which the rules above can gather. */
function divided(left: Tensor, right: Tensor, settle: Settle): Tensor | undefined {
  if (right.kind !== "constant" || !isNumber(right)) return undefined;
  const inverse = Float64Array.from(right.values, (value) => 1 / value);
  const sizes = inverse.map(Math.abs);
  if (!sizes.every((size) => size >= LEAST_NORMAL && size <= MOST_NORMAL)) return undefined;
  return settle(multiply(left, settle(constant(inverse, knownShape(right)))));
}

function negated(x: Tensor, settle: Settle): Tensor | undefined {
  const [opposite] = argumentsOf(x, "negate");
  if (opposite !== undefined) return opposite;
  const [left, right] = argumentsOf(x, "subtract");
  if (left !== undefined && right !== undefined && equalShapes(left.shape, right.shape))
    return settle(subtract(right, left));
  const factors = argumentsOf(x, "multiply");
  const factor = factors.find((argument) => argument.kind === "constant" && isSmaller(argument, x));
  const other = factors.find((argument) => argument !== factor);
  if (factor === undefined || other === undefined) return undefined;
  return settle(multiply(other, settle(negate(factor))));
}

/** One number in all. An open batch is many. */
const isNumber = ({ shape }: Tensor) => shape.every((size) => size === 1);

const isSmaller = (one: Tensor, other: Tensor) => knownElementCount(one.shape) < knownElementCount(other.shape);

/** The inputs of a node, if it is of this operator. */
function argumentsOf(tensor: Tensor, operator: string): readonly Tensor[] {
  return tensor.kind === "computed" && tensor.operation.name === operator ? tensor.inputs : [];
}

/** The tensor, if it holds one number a channel when it is broadcast to [batch, channels, …]. */
function perChannel(tensor: Tensor, { shape }: Tensor): Tensor | undefined {
  const channels = shape[1];
  const missing = shape.length - tensor.shape.length;
  const fits = tensor.shape.every((size, axis) => size === (axis + missing === 1 ? channels : 1));
  return fits && missing <= 1 && typeof channels === "number" ? tensor : undefined;
}

function knownShape({ shape }: Constant): readonly number[] {
  return shape.map(Number);
}
