import { describe, expect, it } from "vitest";
import type { VaeSettings } from "../../methods/index.ts";
import type { Given } from "./choose.ts";
import { assertVaeFits, chosenVae, vaeSchema } from "./vae.ts";

const context = { channels: 1, classes: 10, steps: 900 } as const;

/** The settings that are chosen, and those that were not given. */
function chosen(given: Given<VaeSettings>, change: Partial<{ classes: number }> = {}) {
  const keys: string[] = [];
  const settings = chosenVae(
    given,
    (key, value, fallback) => {
      if (value === undefined) keys.push(key);
      return value ?? fallback;
    },
    { ...context, ...change },
  );
  return { settings: vaeSchema.parse(settings), keys };
}

describe("a VAE that learns classes", () => {
  it("has settings of its own", () => {
    const { settings, keys } = chosen({ classModel: "m2" });
    expect(settings).toMatchObject({ classModel: "m2", classWarmup: 300 });
    expect(keys).toContain("vae.classWeight");
    expect(keys).not.toContain("vae.classModel");
    expect(() => assertVaeFits(settings, context)).not.toThrow();
  });

  it.each([
    [{ sampling: "mixture" }, 10, "vae.sampling: expected prior where classes are learned"],
    [{ classModel: "m2", importanceSamples: 5 }, 10, "vae.importanceSamples: expected 1"],
    [{ classModel: "m2" }, 21, "vae.classModel: expected at most 20 classes for m2"],
    [{ classModel: "m1+m2" }, 201, "vae.classModel: expected at most 200 classes for m1+m2"],
  ] as const)("refuses what it cannot do: %j of %i classes", (given, classes, message) => {
    const { settings } = chosen(given, { classes });
    expect(() => assertVaeFits(settings, { ...context, classes })).toThrow(message);
  });

  it("draws several codes for each image where only the codes are tried with every class", () => {
    const { settings } = chosen({ classModel: "m1+m2", importanceSamples: 5 });
    expect(() => assertVaeFits(settings, context)).not.toThrow();
  });
});

describe("a VAE without classes", () => {
  it("has no settings of classes, and refuses them", () => {
    const { settings } = chosen({}, { classes: 0 });
    expect(Object.keys(settings).filter((key) => key.startsWith("class"))).toEqual([]);
    expect(() => chosen({ classWeight: 3 }, { classes: 0 })).toThrow("vae.classWeight: expected labels");
  });

  it("may draw from a mixture", () => {
    const { settings } = chosen({ sampling: "mixture" }, { classes: 0 });
    expect(() => assertVaeFits(settings, { ...context, classes: 0 })).not.toThrow();
  });
});
