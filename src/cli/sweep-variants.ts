import { AtelierError } from "../foundation/errors.ts";
import { leaves, type PartialConfig } from "../training/index.ts";

/** A run of a sweep. */
export interface Variant {
  /** Also the name of its folder: `gan.r1=0.1`, or `gan.r1=0.1,batch=8`. */
  readonly name: string;
  /** As `--set` takes them: `gan.r1=0.1`. */
  readonly assignments: readonly string[];
}

/**
 * Every combination of the values of some keys; the last key changes fastest.
 * @param sweeps `key=a,b,c` for each key; a value that is a list stands in brackets: `key=[a,b],[c]`.
 * @throws AtelierError (usage) when one is not of that form, or there are fewer than two variants.
 */
export function variantsOf(sweeps: readonly string[]): readonly Variant[] {
  const choices = sweeps.map(assignmentsOf);
  const combinations = choices.reduce<readonly (readonly string[])[]>(
    (before, choice) => before.flatMap((chosen) => choice.map((assignment) => [...chosen, assignment])),
    [[]],
  );
  const variants = combinations.map((assignments) => ({ name: folderName(assignments), assignments }));
  const keys = sweeps.map(keyOf);
  const again = keys.find((key, index) => keys.indexOf(key) < index);
  if (again !== undefined) throw wrong(`--sweep ${again}`, "every key once", "the key twice");
  const names = variants.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw wrong(`--sweep ${sweeps.join(" --sweep ")}`, "every value once", `${twice} twice`);
  if (variants.length < 2) throw wrong(`--sweep ${sweeps.join(" ")}`, "at least two values", "one");
  return variants;
}

/** @throws AtelierError (usage) when a key that a sweep has values for is given a value beside it. */
export function assertGivenOnce(sweeps: readonly string[], given: PartialConfig): void {
  const values = new Map(leaves(given));
  for (const key of sweeps.map(keyOf)) {
    const value = values.get(key);
    if (value === undefined) continue;
    throw new AtelierError({
      kind: "usage",
      where: `--sweep ${key}`,
      expected: "every key once",
      received: `${key} also by itself, as ${JSON.stringify(value)}`,
      help: `leave one of the two out; add ${JSON.stringify(value)} to the sweep if it is a value to try`,
    });
  }
}

function keyOf(sweep: string): string {
  return sweep.slice(0, Math.max(0, sweep.indexOf("=")));
}

/** `key=a,b` as `key=a` and `key=b`. */
function assignmentsOf(sweep: string): readonly string[] {
  const key = keyOf(sweep);
  const values = sweep.slice(key.length + 1).split(/,(?![^[]*\])/);
  if (key === "" || values.some((value) => value.trim() === "")) {
    throw wrong(`--sweep ${sweep}`, "KEY=VALUE,VALUE…", sweep);
  }
  return values.map((value) => `${key}=${value.trim()}`);
}

/** What every file system can hold: other characters become `_`. */
function folderName(assignments: readonly string[]): string {
  return assignments.join(",").replace(/[^\w.=,+-]/g, "_");
}

function wrong(where: string, expected: string, received: string): AtelierError {
  const help = "write, for example, --sweep gan.r1=0,0.1,1";
  return new AtelierError({ kind: "usage", where, expected, received, help });
}
