import { describe, expect, it } from "vitest";
import { AtelierError, type ErrorDetails } from "../../foundation/errors.ts";
import { type GanSettings, plainGan } from "../../methods/index.ts";
import type { ArchitectureName } from "../../models/index.ts";
import { assertGanFits, chosenGan } from "./gan.ts";

const automatic = {
  augmentation: ["none", "enough images"],
  transforms: [["translation"], "the usual ones"],
} as const;

/** The settings of a run of which only these are given. */
function chosen(given: Partial<GanSettings>, architecture: ArchitectureName = "dcgan", steps = 2000, classes = 0) {
  const reasons: Record<string, string> = {};
  const settings = chosenGan(given, { architecture, steps, classes, automatic }, (key, value, fallback, reason) => {
    if (value !== undefined) return value;
    reasons[key] = reason;
    return fallback;
  });
  return { settings, reasons };
}

function refusal(settings: Partial<GanSettings>, architecture?: ArchitectureName): ErrorDetails | undefined {
  try {
    assertGanFits({ ...plainGan, discriminatorNorm: "none", ...settings }, architecture ?? "dcgan", {
      size: "64x96",
      steps: 2000,
    });
  } catch (error) {
    if (error instanceof AtelierError) return error.details;
    throw error;
  }
  return undefined;
}

describe("settings that are chosen for a GAN", () => {
  it("go together, whatever is given of the loss, the updates and the penalties", () => {
    for (const architecture of ["dcgan", "mlp", "resnet", "fastgan"] as const) {
      for (const updates of ["alternating", "one-stage"] as const) {
        for (const loss of ["nonSaturating", "minimax", "leastSquares", "wasserstein", undefined] as const) {
          for (const r1 of [0, 1]) {
            for (const steps of [2, 2000]) {
              const given = { updates, ...(loss !== undefined && { loss }), r1, r1Every: 2 };
              const { settings } = chosen(given, architecture, steps);
              expect(() => assertGanFits(settings, architecture, { size: 32, steps })).not.toThrow();
            }
          }
        }
      }
    }
  });

  it("say how classes are learned where they are, and only there", () => {
    expect(chosen({}, "dcgan", 2000, 4).settings).toMatchObject({ conditioning: "projection", rotation: 0 });
    expect(chosen({ conditioning: "auxiliary", rotation: 1 }, "dcgan", 2000, 4).settings).toMatchObject({
      conditioning: "auxiliary",
      rotation: 1,
    });
    const without = chosen({}).settings;
    expect(without).not.toHaveProperty("conditioning");
    expect(without).not.toHaveProperty("rotation");
  });

  it("are the usual ones of the Wasserstein loss with it", () => {
    const { settings, reasons } = chosen({ loss: "wasserstein" });
    expect(settings).toMatchObject({ discriminatorSteps: 5, gradientPenalty: 10, discriminatorNorm: "layer" });
    expect(reasons["gan.gradientPenalty"]).toContain("Gulrajani");
    expect(chosen({ loss: "wasserstein", updates: "one-stage" }).settings.discriminatorSteps).toBe(1);
  });

  it("are those of its paper for fastgan", () => {
    expect(chosen({}, "fastgan").settings).toMatchObject({ loss: "hinge", augmentation: "diffaugment" });
    expect(chosen({}).settings).toMatchObject({ loss: "nonSaturating", augmentation: "none" });
  });

  it("leave a penalty on slopes no statistics over the batch", () => {
    expect(chosen({ r1: 1 }).settings.discriminatorNorm).toBe("spectral");
    expect(chosen({}).settings.discriminatorNorm).toBe("batch");
  });
});

describe("settings that do not go together", () => {
  const cases: readonly (readonly [string, Partial<GanSettings>, string])[] = [
    ["gan.discriminatorNorm", { r1: 1, discriminatorNorm: "batch" }, "gan.r1 = 0"],
    ["gan.discriminatorNorm", { gradientPenalty: 1, discriminatorNorm: "batch" }, "gan.gradientPenalty = 0"],
    ["gan.discriminatorNorm", { updates: "one-stage", discriminatorNorm: "batch" }, "alternating updates"],
    ["gan.loss", { updates: "one-stage", loss: "hinge" }, "alternating updates"],
    ["gan.discriminatorSteps", { updates: "one-stage", discriminatorSteps: 2 }, "alternating updates"],
    ["gan.minibatchDeviation", { updates: "one-stage", minibatchDeviation: true }, "alternating updates"],
    ["gan.labelSmoothing", { loss: "hinge", labelSmoothing: 0.1 }, "nonSaturating"],
    ["gan.labelSmoothing", { loss: "wasserstein", gradientPenalty: 10, labelSmoothing: 0.1 }, "nonSaturating"],
    ["gan.gradientPenalty", { loss: "wasserstein" }, "usual 10"],
    ["gan.augmentation", { loss: "wasserstein", gradientPenalty: 10, augmentation: "ada" }, "diffaugment"],
    ["gan.transforms", { augmentation: "diffaugment", transforms: ["quarterTurn"] }, "square"],
    ["gan.discriminatorSteps", { discriminatorSteps: 3000 }, "--steps 3000"],
    ["gan.r1Every", { r1: 1, r1Every: 3000 }, "--steps 3000"],
  ];

  it.each(cases)("are refused by name: %s %o", (where, settings, help) => {
    const details = refusal(settings);
    expect(details).toMatchObject({ kind: "usage", where });
    expect(details?.help).toContain(help);
  });

  it("among them are a regulariser and a run that ends before it begins", () => {
    const settings = { ...plainGan, discriminatorNorm: "none", lecam: 0.3 } as const;
    expect(() => assertGanFits(settings, "dcgan", { steps: 1000 })).toThrow("use --steps 1001 or more");
    expect(() => assertGanFits(settings, "dcgan", { steps: 1001 })).not.toThrow();
  });

  it("about classes are refused where there are none", () => {
    const refused = (given: Partial<GanSettings>, classes: number) => () =>
      assertGanFits(chosen(given, "dcgan", 2000, classes).settings, "dcgan", { size: 32, steps: 2000, classes });
    expect(refused({ conditioning: "auxiliary" }, 0)).toThrow("gan.conditioning: expected labels of two classes");
    expect(refused({ rotation: 1 }, 0)).toThrow("gan.rotation: expected labels of two classes");
    expect(refused({ conditioning: "auxiliary", rotation: 1 }, 2)).not.toThrow();
  });

  it("of turned pictures are refused where a turn cannot be seen", () => {
    expect(refusal({ rotation: 1 })?.expected).toContain("0 where pictures are not square");
    const settings = { ...plainGan, discriminatorNorm: "none", rotation: 1, transforms: ["quarterTurn"] } as const;
    expect(() => assertGanFits({ ...settings, augmentation: "ada" }, "dcgan", { size: 32 })).toThrow("quarterTurn");
    expect(() => assertGanFits(settings, "dcgan", { size: 32 })).not.toThrow();
  });

  it("are not those that can be together", () => {
    expect(refusal({ loss: "wasserstein", discriminatorNorm: "spectral" })).toBeUndefined();
    expect(refusal({ loss: "hinge", lecam: 0.3, augmentation: "ada", r1: 1, gradientPenalty: 1 })).toBeUndefined();
    expect(refusal({ augmentation: "none", transforms: ["quarterTurn"] })).toBeUndefined();
    expect(refusal({ updates: "one-stage", loss: "leastSquares", labelSmoothing: 0.1, lecam: 1 })).toBeUndefined();
  });
});
