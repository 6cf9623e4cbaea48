/**
 * What went wrong, by whose fault. The kind decides the exit status of the command line:
 * `usage` (the command line or configuration is wrong) 2, everything else 1.
 */
const exitStatusOf = {
  usage: 2,
  data: 1,
  file: 1,
  device: 1,
  run: 1,
  internal: 1,
} as const;

export type ErrorKind = keyof typeof exitStatusOf;

export interface ErrorDetails {
  /** Which kind of fault; decides the exit status. */
  readonly kind: ErrorKind;
  /** Where: a flag, a file, a layer. */
  readonly where: string;
  readonly expected: string;
  readonly received: string;
  /** What the reader can do now, as one sentence without a full stop. */
  readonly help: string;
}

/**
 * The one error that Atelier throws on purpose. Its message reads
 * `WHERE: expected EXPECTED, received RECEIVED` and a second line `help: HELP`.
 */
export class AtelierError extends Error {
  override readonly name = "AtelierError";
  readonly details: ErrorDetails;

  constructor(details: ErrorDetails, options?: ErrorOptions) {
    const { where, expected, received, help } = details;
    super(`${where}: expected ${expected}, received ${received}\nhelp: ${help}`, options);
    this.details = details;
  }

  /** Exit status of the command line: 1 the work failed, 2 the command line or configuration is wrong. */
  get exitStatus(): 1 | 2 {
    return exitStatusOf[this.details.kind];
  }
}

/** A fault of Atelier itself: a state that its own code should have made impossible. */
export function internalError(where: string, message: string): Error {
  return new Error(`internal: ${where}: ${message}`);
}

/** The message of anything that was thrown, without a stack trace. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The operating system's code of a thrown error (`ENOENT`, `EACCES` …), if it has one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
