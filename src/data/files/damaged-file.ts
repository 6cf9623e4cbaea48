import { AtelierError } from "../../foundation/errors.ts";

/** The error for a damaged file that nothing can be read without. */
export function damagedFile(where: string, reason: string): AtelierError {
  return new AtelierError({
    kind: "data",
    where,
    expected: "a whole file",
    received: reason,
    help: "copy or download the file again",
  });
}
