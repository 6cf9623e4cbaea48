import { z } from "zod";
import type { FeatureMatchingSettings } from "../../methods/index.ts";
import type { Choose, Given } from "./choose.ts";

export const featureMatchingSchema = z.strictObject({
  unlabelledWeight: z.number().min(0),
});

/** What the settings are chosen from. */
export interface FeatureMatchingContext {
  /** Labels that training sees. */
  readonly labels: number;
}

/** The settings that were given, and usual ones instead of the others. */
export function chosenFeatureMatching(
  given: Given<FeatureMatchingSettings>,
  _context: FeatureMatchingContext,
  choose: Choose,
): z.infer<typeof featureMatchingSchema> {
  return {
    unlabelledWeight: choose(
      "featureMatching.unlabelledWeight",
      given.unlabelledWeight,
      1,
      "as in the paper (Salimans et al. 2016)",
    ),
  };
}
