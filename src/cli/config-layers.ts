import { AtelierError } from "../foundation/errors.ts";
import { readNamedFile } from "../foundation/files.ts";
import { type PartialConfig, parseConfig, parseJson, partialConfigSchema } from "../training/index.ts";
import { numeric } from "./commands/numbers.ts";

/** The configuration that the user gave: file, then flags, then `--set`; later ones win. Each is checked by itself. */
export async function layersOf(
  flags: Readonly<Record<string, unknown>>,
  file: string | undefined,
  assignments: readonly string[],
): Promise<readonly PartialConfig[]> {
  return [
    ...(file === undefined
      ? []
      : [check(await readConfigFile(file), (key) => (key === "" ? file : `${file}: ${key}`))]),
    check(flags, (key) => `--${kebab(key)}`),
    ...assignmentLayers("--set", assignments),
  ];
}

/** The configuration that each of some assignments such as `gan.r1=0.1` is. @param flag the option that they were given with. */
export function assignmentLayers(flag: string, assignments: readonly string[]): readonly PartialConfig[] {
  return assignments.map((assignment) => {
    const where = `${flag} ${assignment}`;
    return check(parseAssignment(assignment, where), () => where);
  });
}

function check(value: unknown, whereOf: (key: string) => string): PartialConfig {
  return parseConfig(partialConfigSchema, value, whereOf);
}

/** `labelsPerClass` as `labels-per-class`. */
function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The keys in a file: a plain object, or the config.json of a run, which holds them under `config`. */
async function readConfigFile(path: string): Promise<unknown> {
  const named = { where: "--config", expected: "a file that can be read", help: "check the path" };
  const bytes = await readNamedFile(path, named);
  const value = parseJson(path, bytes.toString());
  return typeof value === "object" && value !== null && "config" in value ? value.config : value;
}

/** `learningRate.generator=1e-4` as `{ learningRate: { generator: 1e-4 } }`. */
function parseAssignment(assignment: string, where: string): unknown {
  const split = assignment.indexOf("=");
  if (split < 1) {
    throw new AtelierError({
      kind: "usage",
      where,
      expected: "KEY=VALUE",
      received: assignment,
      help: "write, for example, --set learningRate.generator=1e-4",
    });
  }
  if (assignment.slice(0, split) === "data") {
    throw new AtelierError({
      kind: "usage",
      where,
      expected: "a key other than data",
      received: "data",
      help: "give the data as the argument: npx atelier train DATA",
    });
  }
  const text = assignment.slice(split + 1);
  const value = valueOf(text, where);
  return assignment
    .slice(0, split)
    .split(".")
    .reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

/** `true`, a number, a list such as `["kid","fid"]` or `[kid,fid]`, or else the text itself. */
function valueOf(text: string, where: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  const list = /^\[(.*)\]$/.exec(text)?.[1];
  if (list === undefined) return numeric(text);
  if (list.includes('"')) return parseJson(where, text);
  return list.split(",").map((item) => numeric(item.trim()));
}
