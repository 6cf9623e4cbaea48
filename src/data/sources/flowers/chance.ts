import type { Random } from "../../../foundation/random.ts";

/** A number in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** A whole number from low to high, both included. */
export function wholeBetween(random: Random, low: number, high: number): number {
  return low + random.integer(high - low + 1);
}

/** One of several things. */
export function oneOf<Thing>(random: Random, first: Thing, ...others: readonly Thing[]): Thing {
  return others[random.integer(others.length + 1) - 1] ?? first;
}
