import { z } from "zod";
import { AtelierError } from "../foundation/errors.ts";
import { nearestName } from "../foundation/spelling.ts";
import { type PartialConfig, partialConfigSchema } from "./config.ts";

/** Several partial configurations as one; later ones win. */
export function mergeConfigs(layers: readonly PartialConfig[]): PartialConfig {
  return parseConfig(partialConfigSchema, layers.reduce<Tree>(merged, {}), (key) => key);
}

type Tree = { readonly [key: string]: unknown };

/** Sections key by key; of everything else the later one. */
function merged(earlier: Tree, later: Tree): Tree {
  const entries = Object.entries(later).map(([key, value]) => {
    const before = earlier[key];
    return [key, isTree(before) && isTree(value) ? merged(before, value) : value] as const;
  });
  return { ...earlier, ...Object.fromEntries(entries) };
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MANUAL = "see `npx atelier train --help`, and docs/configuration.md for every key, its range and its default";

/**
 * Checks a configuration.
 * @param whereOf names the place of a key (such as `steps`, or nothing for the whole) in what the user wrote.
 * @param help what to do about a value that is wrong or missing. Default: where all of them are described.
 * @throws AtelierError (usage) that names the first wrong key and, for an unknown one, the nearest that exists.
 */
export function parseConfig<T>(
  schema: z.ZodType<T>,
  value: unknown,
  whereOf: (path: string) => string,
  help = MANUAL,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") ?? "";
  if (issue?.code === "unrecognized_keys") {
    const key = [...issue.path, issue.keys[0] ?? ""].join(".");
    const sections = configKeys().flatMap((known) => (known.includes(".") ? (known.split(".")[0] ?? []) : []));
    // Whoever leaves the section out means the key of that name: `loss` for `gan.loss`.
    const inSection = configKeys().filter((known) => known.endsWith(`.${key}`));
    const nearest = inSection.length === 0 ? nearestName(key, [...configKeys(), ...sections]) : inSection.join(" or ");
    throw new AtelierError({
      kind: "usage",
      where: whereOf(issue.path.join(".")),
      expected: "a known configuration key",
      received: `"${key}"`,
      help: nearest === undefined ? MANUAL : `did you mean ${inSection.length > 1 ? nearest : `"${nearest}"`}?`,
    });
  }
  const received = path === "" ? value : valueAt(value, issue?.path ?? []);
  const meant = issue?.code === "invalid_value" ? nearestName(String(received), issue.values.map(String)) : undefined;
  throw new AtelierError({
    kind: "usage",
    where: whereOf(path),
    expected: expectation(issue),
    received: JSON.stringify(received) ?? "nothing",
    help: meant === undefined ? help : `did you mean ${meant}?`,
  });
}

/** The values of an object by their paths: `learningRate.generator`. */
export function leaves(object: object): readonly (readonly [string, unknown])[] {
  return Object.entries(object).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? leaves(value).map(([inner, leaf]) => [`${key}.${inner}`, leaf] as const)
      : [[key, value] as const],
  );
}

/** Every key of the configuration, nested ones as `learningRate.generator`. */
export function configKeys(): readonly string[] {
  return keysOf(partialConfigSchema);
}

function keysOf(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodOptional) return keysOf(schema.unwrap());
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([key, value]) => {
    const inner = keysOf(value);
    return inner.length === 0 ? [key] : inner.map((name) => `${key}.${name}`);
  });
}

/** The keys below a key, such as `learningRate.generator or learningRate.discriminator`; undefined where there are none. */
function innerKeys(key: PropertyKey | undefined): string | undefined {
  const inner = configKeys().filter((path) => path.startsWith(`${String(key)}.`));
  return inner.length === 0 ? undefined : inner.join(" or ");
}

/** What the keys expect that take values of several types. */
const severalTypes: Readonly<Record<string, string>> = {
  data: "a path or a list of paths",
  size: "pixels, such as 64, or 64x96 for 64 wide and 96 high",
  channels: "1 or 3",
  pad: "edge, reflect or a colour such as #ffffff",
};

function expectation(issue: z.core.$ZodIssue | undefined): string {
  const several = severalTypes[String(issue?.path[0])];
  if (several !== undefined) return several;
  switch (issue?.code) {
    case "invalid_type":
      if (issue.expected === "int") return "a whole number";
      if (issue.expected === "array") return "a list";
      if (issue.expected === "object") return innerKeys(issue.path.at(-1)) ?? "an object";
      return `a ${issue.expected}`;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      if (issue.origin === "string") return "some text";
      return `a number ${issue.inclusive === true ? "of at least" : "above"} ${issue.minimum}`;
    case "too_big":
      return `a number ${issue.inclusive === true ? "of at most" : "below"} ${issue.maximum}`;
    default:
      return issue?.message ?? "a valid configuration";
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== "object" || inner === null) return undefined;
    return Object.entries(inner).find(([name]) => name === String(key))?.[1];
  }, value);
}
