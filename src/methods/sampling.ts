import { type Input, input, type Tensor } from "../graph/index.ts";
import type { Method, Players } from "./method.ts";
import { mixtureCodes, mixtureInputs } from "./mixture.ts";

/** Numbers of the random vector that a picture is made from: with a mixture one more, which chooses the component. */
export function randomSize({ latent, coding }: Pick<Method, "latent" | "coding">): number {
  return coding?.mixture === undefined ? latent : latent + 1;
}

/**
 * Pictures [batch, channels, height, width] in [-1, 1] from draws from N(0, 1), [batch, {@link randomSize}].
 * Where the method asks for a mixture, its numbers are inputs: {@link mixtureInputs}.
 * @param classes of conditional methods how much of each class is asked for, of sum 1: [batch, classes].
 */
export function drawnPictures(
  method: Pick<Method, "latent" | "coding" | "sample" | "classes">,
  draws: Tensor,
  players: Players<string>,
  classes?: Tensor,
): Tensor {
  const { latent, coding, sample } = method;
  if (coding?.mixture === undefined) return sample(draws, players, classes);
  const mixture = mixtureInputs(mixtureRoom(method), latent, askedClasses(method));
  return sample(mixtureCodes(draws, mixture, classes), players, classes);
}

/** Components of the mixture at most, of all classes together; 0 where codes are drawn from none. */
export function mixtureRoom(method: Pick<Method, "coding" | "classes">): number {
  return (method.coding?.mixture ?? 0) * Math.max(1, askedClasses(method));
}

/** Classes that pictures can be asked of; 0 where a method makes pictures of no class. */
export function askedClasses({ classes }: Pick<Method, "classes">): number {
  return classes?.isConditional === true ? classes.count : 0;
}

/** An input for how much of each class is asked for, [batch, classes], of methods that make pictures of a class. */
export function classInput(method: Pick<Method, "classes">, batch: "batch" | number = "batch"): Input | undefined {
  const classes = askedClasses(method);
  return classes === 0 ? undefined : input("class", [batch, classes]);
}
