import { AtelierError, internalError } from "../foundation/errors.ts";
import { type ModelName, networksOf, trainedNetworks } from "../methods/index.ts";
import { type ArchitectureName, architectures } from "../models/index.ts";
import { type OptimizerName, optimizerNames } from "../nn/index.ts";
import type { DeviceChoice, DeviceName } from "../runtime/index.ts";
import type { Reasoned } from "./automatic.ts";
import type { Config, PartialConfig } from "./config.ts";
import type { Choose } from "./settings/choose.ts";

// What is chosen for the keys that say how a run is computed and how its networks are moved.

/** The device that was given, `fastest` for `auto`, or the usual one. */
export function chosenDevice(
  given: PartialConfig["device"],
  fastest: DeviceChoice | undefined,
  choose: Choose,
): DeviceName {
  if (given !== "auto") return choose("device", given, "cpu", "works everywhere");
  if (fastest === undefined) throw internalError("device", "auto was not looked up");
  return choose("device", undefined, fastest.device, fastest.reason);
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

/** Of the optimisers that divide by the gradient's size, where no adversary moves the goal. */
const rateWithoutAdversary: Usual = [1e-3, "a usual rate for autoencoders (Kingma and Welling 2014)"];

/** The same, for a classifier that learns beside a GAN. */
const rateOfClassifier: Usual = [1e-3, "the usual rate of Adam where there is no adversary (Kingma and Ba 2015)"];

/** The same, for a classifier that learns against a generator. */
const rateOfFeatureMatching: Usual = [3e-3, "the paper's rate (Salimans et al. 2016)"];

/**
 * The learning rates that were given, or the usual ones of the optimiser.
 * @throws AtelierError (usage) for the rate of a network that the family has not.
 */
export function chosenRates(
  given: PartialConfig["learningRate"] = {},
  {
    model,
    classes,
    optimizer,
  }: { readonly model: ModelName; readonly classes: number; readonly optimizer: OptimizerName },
  choose: Choose,
): Config["learningRate"] {
  const usual = usualNumbers[optimizer].rate;
  const measured = model === "feature-matching" ? rateOfFeatureMatching : rateWithoutAdversary;
  const rate = model === "gan" || usual[0] > measured[0] ? usual : measured;
  assertNetworks("learningRate", given, { model, classes });
  return Object.fromEntries(
    networksOf({ model, classes }).map((network) => {
      const [usualRate, reason] = network === "classifier" && rate[0] < rateOfClassifier[0] ? rateOfClassifier : rate;
      return [network, choose(`learningRate.${network}`, given[network], usualRate, reason)];
    }),
  );
}

/** @throws AtelierError (usage) where a section has an entry for a network that the family has not. */
function assertNetworks(
  section: string,
  given: object,
  { model, classes }: { readonly model: ModelName; readonly classes: number },
): void {
  const own: readonly string[] = networksOf({ model, classes });
  const foreign = trainedNetworks.find((network) => network in given && !own.includes(network));
  if (foreign === undefined) return;
  throw new AtelierError({
    kind: "usage",
    where: `${section}.${foreign}`,
    expected: `one of the networks of model ${model}: ${own.join(", ")}`,
    received: foreign,
    help: `use ${section}.${own[0] ?? ""}, or another --model`,
  });
}

/** How the layers are built. @throws AtelierError (usage) for what the architecture cannot have. */
export function chosenNetwork(
  given: PartialConfig["network"] = {},
  architecture: ArchitectureName,
  choose: Choose,
): Config["network"] {
  const { choices } = architectures[architecture];
  const chosen = <T>(key: string, value: T | undefined, possible: readonly [T, ...T[]]): T => {
    if (value !== undefined && !possible.includes(value)) {
      throw new AtelierError({
        kind: "usage",
        where: `network.${key}`,
        expected: `one that ${architecture} can have: ${possible.join(", ")}`,
        received: String(value),
        help: `leave it out for ${String(possible[0])}`,
      });
    }
    return choose(`network.${key}`, value, possible[0], `the usual one of ${architecture}`);
  };
  return {
    kernel: chosen("kernel", given.kernel, choices.kernel),
    depth: chosen("depth", given.depth, choices.depth),
    activation: chosen("activation", given.activation, choices.activation),
    norm: chosen("norm", given.norm, choices.norm),
  };
}

/**
 * The schedule of all networks, and what differs for one.
 * @throws AtelierError (usage) for a number that a shape does not use, a warm-up of all steps, or a network that the family
 *   has not.
 */
export function chosenSchedule(
  { factor, every, shape: givenShape, warmup: givenWarmup, ...networks }: NonNullable<PartialConfig["schedule"]> = {},
  { model, classes, steps }: { readonly model: ModelName; readonly classes: number; readonly steps: number },
  choose: Choose,
): Config["schedule"] {
  const shape = choose("schedule.shape", givenShape, ...usualShape(model));
  const warmup = choose("schedule.warmup", givenWarmup, 0, "the full rate from the first step");
  const common = { shape, warmup, ...chosenSteps("schedule", { shape, warmup, factor, every }, steps, choose) };
  assertNetworks("schedule", networks, { model, classes });
  const own = Object.entries(networks).flatMap(([network, part]) => {
    if (part === undefined) return [];
    const whole = { ...common, ...part };
    return [[network, { ...part, ...chosenSteps(`schedule.${network}`, whole, steps, choose) }] as const];
  });
  return { ...common, ...Object.fromEntries(own) };
}

function usualShape(model: ModelName): Reasoned<Config["schedule"]["shape"]> {
  return model === "feature-matching"
    ? ["linear", "the classifier settles as its rate falls to 0"]
    : ["constant", "the same rate throughout"];
}

/** What a schedule of the shape `step` has besides. */
function chosenSteps(
  section: string,
  { shape, warmup, factor, every }: Pick<Config["schedule"], "shape" | "warmup" | "factor" | "every">,
  steps: number,
  choose: Choose,
): Pick<Config["schedule"], "factor" | "every"> {
  if (warmup >= steps) {
    throw new AtelierError({
      kind: "usage",
      where: `${section}.warmup`,
      expected: `fewer than the ${steps} steps of the run`,
      received: String(warmup),
      help: `use ${Math.floor(steps / 10)}, a tenth of the steps`,
    });
  }
  if (shape === "step") {
    const third = Math.ceil((steps - warmup) / 3);
    return {
      factor: choose(`${section}.factor`, factor, 0.5, "halves the rate"),
      every: choose(`${section}.every`, every, third, "a third of the steps after the warm-up"),
    };
  }
  assertUnused(`${section}.factor`, factor, `${section}.shape`, ["step"], shape);
  assertUnused(`${section}.every`, every, `${section}.shape`, ["step"], shape);
  return {};
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
