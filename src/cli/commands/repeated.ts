import { AtelierError } from "../../foundation/errors.ts";

/** The value of an option that is given once: a second one would silently win. @param help what to do instead. */
export function once(flag: string, help: string): (value: string, before?: string) => string {
  return (value, before) => {
    if (before === undefined) return value;
    throw new AtelierError({
      kind: "usage",
      where: flag,
      expected: "one file",
      received: `${before} and ${value}`,
      help,
    });
  };
}

/** The values of an option that may be repeated, in their order. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
