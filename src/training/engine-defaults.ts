import { AtelierError } from "../foundation/errors.ts";
import { architectures, usesBatchStatistics } from "../models/index.ts";
import { type OptimizerName, optimizerNames } from "../nn/index.ts";
import { chooseDevice, type DeviceName } from "../runtime/index.ts";
import type { Config, PartialConfig } from "./config.ts";

// What is chosen for the keys that say how a run is computed and how its networks are moved.

/** The given value of a key, or what is chosen instead; keeps the reason for the choice. */
export type Choose = <T>(key: string, given: T | undefined, fallback: T, reason: string) => T;

/** The device that was given, the fastest for `auto`, or the usual one. */
export async function chosenDevice(given: PartialConfig["device"], choose: Choose): Promise<DeviceName> {
  if (given !== "auto") return choose("device", given, "cpu", "works everywhere");
  const { device, reason } = await chooseDevice();
  return choose("device", undefined, device, reason);
}

/** A value, and why it is chosen. */
type Usual = readonly [value: number, reason: string];

/** What is chosen for each optimiser; a number that is not there is one that it does not use. */
const usualNumbers: Readonly<
  Record<OptimizerName, { readonly rate: Usual; readonly momentum?: Usual; readonly weightDecay?: Usual }>
> = {
  adam: { rate: [2e-4, "the usual rate (Radford et al. 2016)"] },
  adamw: { rate: [2e-4, "the usual rate of Adam (Radford et al. 2016)"], weightDecay: [0.01, "a mild decay"] },
  sgd: { rate: [0.01, "a usual rate for plain gradients"], momentum: [0.9, "the usual momentum"] },
  nesterov: { rate: [0.01, "a usual rate for plain gradients"], momentum: [0.9, "the usual momentum"] },
  rmsprop: {
    rate: [2e-4, "as for Adam: both divide by the gradient's size"],
    momentum: [0, "the method's first form has none (Tieleman and Hinton 2012)"],
  },
};

/** @throws AtelierError (usage) for a number that the optimiser does not use. */
export function chosenOptimizer(given: PartialConfig["optimizer"] = {}, choose: Choose): Config["optimizer"] {
  const name = choose("optimizer.name", given.name, "adam", "the usual one (Radford et al. 2016)");
  const numberOf = (key: "momentum" | "weightDecay"): number | undefined => {
    const usual = usualNumbers[name][key];
    if (usual !== undefined) return choose(`optimizer.${key}`, given[key], ...usual);
    const users = optimizerNames.filter((other) => usualNumbers[other][key] !== undefined);
    assertUnused(`optimizer.${key}`, given[key], "optimizer.name", users, name);
    return undefined;
  };
  const momentum = numberOf("momentum");
  const weightDecay = numberOf("weightDecay");
  return { name, ...(momentum !== undefined && { momentum }), ...(weightDecay !== undefined && { weightDecay }) };
}

/** The learning rates that were given, or the usual ones of the optimiser. */
export function chosenRates(
  given: PartialConfig["learningRate"] = {},
  optimizer: OptimizerName,
  choose: Choose,
): Config["learningRate"] {
  const { rate } = usualNumbers[optimizer];
  return {
    generator: choose("learningRate.generator", given.generator, ...rate),
    discriminator: choose("learningRate.discriminator", given.discriminator, ...rate),
  };
}

/** @throws AtelierError (usage) for a number that the shape does not use, or a warm-up of all steps. */
export function chosenSchedule(
  given: PartialConfig["schedule"] = {},
  steps: number,
  choose: Choose,
): Config["schedule"] {
  const shape = choose("schedule.shape", given.shape, "constant", "the same rate throughout");
  const warmup = choose("schedule.warmup", given.warmup, 0, "the full rate from the first step");
  if (warmup >= steps) {
    throw new AtelierError({
      kind: "usage",
      where: "schedule.warmup",
      expected: `fewer than the ${steps} steps of the run`,
      received: String(warmup),
      help: `use ${Math.floor(steps / 10)}, a tenth of the steps`,
    });
  }
  const { factor, every } = given;
  if (shape === "step") {
    const third = Math.ceil((steps - warmup) / 3);
    return {
      shape,
      warmup,
      factor: choose("schedule.factor", factor, 0.5, "halves the rate"),
      every: choose("schedule.every", every, third, "a third of the steps after the warm-up"),
    };
  }
  assertUnused("schedule.factor", factor, "schedule.shape", ["step"], shape);
  assertUnused("schedule.every", every, "schedule.shape", ["step"], shape);
  return { shape, warmup };
}

/** The norm that was given, or the first of the architecture's that the updates allow. */
export function chosenNorm(
  given: PartialConfig["discriminatorNorm"],
  { architecture, updates }: Pick<Config, "architecture" | "updates">,
  choose: Choose,
): Config["discriminatorNorm"] {
  const { discriminatorNorms } = architectures[architecture];
  const [usual] = discriminatorNorms;
  const other = discriminatorNorms.find((norm) => !usesBatchStatistics(norm));
  return updates === "one-stage" && other !== undefined && other !== usual
    ? choose("discriminatorNorm", given, other, "one-stage updates allow no statistics over the batch")
    : choose("discriminatorNorm", given, usual, `the usual one of ${architecture}`);
}

/** A key as it is typed: those that stand in a section have no flag of their own. */
function typed(key: string): string {
  return key.includes(".") ? key : `--${key}`;
}

/** @throws AtelierError (usage) when `value` is given although another key has not one of the values that use it. */
export function assertUnused(
  key: string,
  value: unknown,
  other: string,
  users: readonly string[],
  chosen: string,
): void {
  if (value === undefined) return;
  throw new AtelierError({
    kind: "usage",
    where: typed(key),
    expected: `${users.length === 1 ? "" : "one of "}${users.join(", ")} as ${typed(other)}`,
    received: chosen,
    help: `set ${typed(other)} to ${users[0] ?? ""}, or leave ${typed(key)} out`,
  });
}
