import { type Fitting, type FormatSuggestion, type Preparation, sidesOf, sizeOf, usualFitting } from "../data/index.ts";
import type { Config, PartialConfig } from "./config.ts";
import { assertUnused } from "./engine-defaults.ts";
import type { Choose } from "./settings/choose.ts";

// How images are brought to the form that the networks see.

type FittingKeys = Pick<Config, "fit" | "crop" | "pad" | "filter" | "mirror">;

/** @throws AtelierError (usage) for a key that the fit does not use. */
export function chosenFitting(given: PartialConfig, choose: Choose): FittingKeys {
  const fit = choose("fit", given.fit, usualFitting.fit, "no empty borders; what is over is cut off");
  if (fit !== "cover") assertUnused("crop", given.crop, "fit", ["cover"], fit);
  if (fit !== "contain") assertUnused("pad", given.pad, "fit", ["contain"], fit);
  return {
    fit,
    ...(fit === "cover" && { crop: choose("crop", given.crop, "centre", "what matters is most often in the middle") }),
    ...(fit === "contain" && { pad: choose("pad", given.pad, "edge", "no hard border that a network would learn") }),
    filter: choose("filter", given.filter, usualFitting.filter, "the sharpest that does not alias"),
    mirror: choose("mirror", given.mirror, false, "left and right may matter; with few images try --mirror"),
  };
}

/** How images are fitted, from the keys of a configuration. */
export function fittingOf({ fit, crop = "centre", pad = "edge", filter }: FittingKeys): Fitting {
  switch (fit) {
    case "cover":
      return { fit, crop, filter };
    case "contain":
      return { fit, pad, filter };
    case "stretch":
      return { fit, filter };
  }
}

/** What is done to every image of a data set, for keys of which any may be left out. See {@link chosenFitting}. */
export function preparationOf(given: PartialConfig, { format }: FormatSuggestion): Preparation {
  const { size = sizeOf(format), channels = format.channels } = given;
  const fitting = fittingOf(chosenFitting(given, (_key, value, fallback) => value ?? fallback));
  return { format: { ...sidesOf(size), channels }, fitting };
}
