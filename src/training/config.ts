import leven from "leven";
import { z } from "zod";
import { AtelierError } from "../foundation/errors.ts";
import { architectureNames } from "../models/index.ts";
import { deviceNames } from "../runtime/index.ts";

const positive = z.number().positive();
const count = z.number().int().positive();

/** Everything that decides a run. Unknown keys are errors. */
export const configSchema = z.strictObject({
  /** A folder, an array file, or `sample:flowers`. */
  data: z.string().min(1),
  /** Family of training methods. */
  model: z.enum(["gan"]),
  architecture: z.enum(architectureNames),
  /** Side of the square pictures, in pixels. */
  size: count,
  /** 1 grey, 3 colour. */
  channels: z.union([z.literal(1), z.literal(3)]),
  /** Size of the random vector that a picture is made from. */
  latent: count,
  /** Channels of the layer nearest the picture (mlp: units of the smallest layer); the others are multiples. */
  width: count,
  /** Training images a step. */
  batch: z.number().int().min(2),
  steps: count,
  /** Decides everything random. */
  seed: z.number().int().min(0),
  device: z.enum(deviceNames),
  /** Step size of Adam, for each network. */
  learningRate: z.strictObject({ generator: positive, discriminator: positive }),
  /** Half-life of the generator's weight average, in training images. */
  averageHalfLife: positive,
  /** Share of the images kept for evaluation, where the data does not say which. */
  heldOut: z.number().min(0).lt(1),
  /** Steps between lines in events.jsonl, grids of samples, and checkpoints. */
  logEvery: count,
  sampleEvery: count,
  checkpointEvery: count,
});

export type Config = z.infer<typeof configSchema>;

/** What a user may give: any of it. */
export const partialConfigSchema = configSchema
  .extend({ learningRate: configSchema.shape.learningRate.partial() })
  .partial();

export type PartialConfig = z.infer<typeof partialConfigSchema>;

/** Several partial configurations as one; later ones win. */
export function mergeConfigs(layers: readonly PartialConfig[]): PartialConfig {
  return layers.reduce((merged, layer) => ({
    ...merged,
    ...layer,
    ...(layer.learningRate === undefined ? {} : { learningRate: { ...merged.learningRate, ...layer.learningRate } }),
  }));
}

/**
 * Checks a configuration.
 * @param whereOf names the place of a key (such as `steps`, or nothing for the whole) in what the user wrote.
 * @throws AtelierError (usage) that names the first wrong key and, for an unknown one, the nearest that exists.
 */
export function parseConfig<T>(schema: z.ZodType<T>, value: unknown, whereOf: (path: string) => string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") ?? "";
  if (issue?.code === "unrecognized_keys") {
    const key = [...issue.path, issue.keys[0] ?? ""].join(".");
    const nearest = nearestName(key, configKeys());
    throw new AtelierError({
      kind: "usage",
      where: whereOf(issue.path.join(".")),
      expected: "a known configuration key",
      received: `"${key}"`,
      help: nearest === undefined ? `the keys are ${configKeys().join(", ")}` : `did you mean "${nearest}"?`,
    });
  }
  throw new AtelierError({
    kind: "usage",
    where: whereOf(path),
    expected: expectation(issue),
    received: JSON.stringify(path === "" ? value : valueAt(value, issue?.path ?? [])) ?? "nothing",
    help: "see `npx atelier train --help`, and docs/configuration.md for every key, its range and its default",
  });
}

/** The known name that is nearest to a misspelt one, if any is near. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  const ranked = names.map((known) => ({ known, distance: leven(name.toLowerCase(), known.toLowerCase()) }));
  const [best] = ranked.sort((left, right) => left.distance - right.distance);
  return best !== undefined && best.distance <= Math.max(2, name.length / 3) ? best.known : undefined;
}

/** The values of an object by their paths: `learningRate.generator`. */
export function leaves(object: object): readonly (readonly [string, unknown])[] {
  return Object.entries(object).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "object" && value !== null
      ? leaves(value).map(([inner, leaf]) => [`${key}.${inner}`, leaf] as const)
      : [[key, value] as const],
  );
}

/** Every key of the configuration, nested ones as `learningRate.generator`. */
export function configKeys(): readonly string[] {
  return Object.entries(configSchema.shape).flatMap(([key, schema]) =>
    schema instanceof z.ZodObject ? Object.keys(schema.shape).map((inner) => `${key}.${inner}`) : [key],
  );
}

function expectation(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case "invalid_type":
      return issue.expected === "int"
        ? "a whole number"
        : `${issue.expected === "object" ? "an" : "a"} ${issue.expected}`;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      if (issue.origin === "string") return "some text";
      return `a number ${issue.inclusive === true ? "of at least" : "above"} ${issue.minimum}`;
    case "too_big":
      return `a number ${issue.inclusive === true ? "of at most" : "below"} ${issue.maximum}`;
    case "invalid_union":
      return "1 or 3";
    default:
      return issue?.message ?? "a valid configuration";
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== "object" || inner === null) return undefined;
    return Object.entries(inner).find(([name]) => name === key)?.[1];
  }, value);
}
