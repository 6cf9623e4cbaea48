import { AtelierError } from "../../foundation/errors.ts";

/** A fault of the file that is read, or of what is asked of it. */
export function fileError(
  where: string,
  expected: string,
  received: string,
  help: string,
  options?: ErrorOptions,
): AtelierError {
  return new AtelierError({ kind: "file", where, expected, received, help }, options);
}

/** The first items of a list as text, and how many more there are. */
export function listed(items: readonly string[], most = 8): string {
  const more = items.length - most;
  return more <= 0 ? items.join(", ") : `${items.slice(0, most).join(", ")} and ${more} more`;
}
