import { z } from "zod";
import { AtelierError, type ErrorDetails } from "../../foundation/errors.ts";
import type { ClassifierSettings, FeatureMatchingSettings } from "../../methods/index.ts";
import { type ArchitectureName, architectures, type Structure } from "../../models/index.ts";
import type { Choose, Given } from "./choose.ts";

export const featureMatchingSchema = z.strictObject({
  unlabelledWeight: z.number().min(0),
  virtualAdversarial: z.number().min(0),
  virtualAdversarialLength: z.number().positive(),
});

/** The settings that were given, and usual ones instead of the others. */
export function chosenFeatureMatching(
  given: Given<FeatureMatchingSettings>,
  choose: Choose,
): z.infer<typeof featureMatchingSchema> {
  return {
    unlabelledWeight: choose(
      "featureMatching.unlabelledWeight",
      given.unlabelledWeight,
      1,
      "as in the paper (Salimans et al. 2016)",
    ),
    virtualAdversarial: choose(
      "featureMatching.virtualAdversarial",
      given.virtualAdversarial,
      0,
      "off: generated pictures teach it instead",
    ),
    virtualAdversarialLength: choose(
      "featureMatching.virtualAdversarialLength",
      given.virtualAdversarialLength,
      4,
      "of the usual 2 to 8 (Miyato et al. 2018)",
    ),
  };
}

/** What else of a configuration concerns a classifier that learns against a generator. */
interface Surroundings {
  readonly architecture: ArchitectureName;
  readonly network: Structure;
  readonly classifier?: Pick<ClassifierSettings, "pseudoLabels"> | undefined;
}

/** @throws AtelierError (usage) when settings do not go together. */
export function assertFeatureMatchingFits(
  { unlabelledWeight, virtualAdversarial }: FeatureMatchingSettings,
  { architecture, network, classifier }: Surroundings,
): void {
  const pseudoLabels = classifier?.pseudoLabels ?? 0;
  const others = { "featureMatching.virtualAdversarial": virtualAdversarial, "classifier.pseudoLabels": pseudoLabels };
  for (const [where, weight] of Object.entries(others)) {
    if (unlabelledWeight > 0 || weight === 0) continue;
    throw refused({
      where,
      expected: "0 beside featureMatching.unlabelledWeight = 0, which leaves images without labels out,",
      received: String(weight),
      help: `leave ${where} out, or use a small featureMatching.unlabelledWeight`,
    });
  }
  if (architecture !== "mlp") return;
  for (const [key, [usual]] of Object.entries(architectures.mlp.choices)) {
    const chosen = Object.entries(network).find(([name]) => name === key)?.[1];
    if (chosen === usual) continue;
    throw refused({
      where: `network.${key}`,
      expected: "none for model feature-matching with the mlp architecture",
      received: String(chosen),
      help: "leave it out: these networks are the model's own; --architecture dcgan has a generator that can be chosen",
    });
  }
}

function refused(details: Omit<ErrorDetails, "kind">): AtelierError {
  return new AtelierError({ kind: "usage", ...details });
}
