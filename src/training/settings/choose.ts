/** The given value of a key, or what is chosen instead; keeps the reason for the choice. */
export type Choose = <T>(key: string, given: T | undefined, fallback: T, reason: string) => T;

/** Any of some settings. */
export type Given<Settings> = { readonly [Key in keyof Settings]?: Settings[Key] | undefined };
