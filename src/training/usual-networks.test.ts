import { expect, it } from "vitest";
import { type ImageSource, openSource } from "../data/index.ts";
import type { PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";

const flowers: ImageSource = await openSource("sample:flowers");
const plan = (given: PartialConfig) => planTraining({ size: 28, channels: 1, ...given }, flowers);

it("gives a classifier that learns against a generator many steps of narrow networks, with the reasons", async () => {
  const { config, reasons } = await plan({ model: "feature-matching" });
  expect(config).toMatchObject({ architecture: "mlp", width: 64, steps: 10_000 });
  for (const key of ["architecture", "width", "steps"]) expect(reasons[key], key).toBeTruthy();
});

it("takes convolutions for it where pictures have colours or are larger", async () => {
  for (const given of [{ channels: 3 }, { size: 48 }] as const) {
    const { config } = await plan({ model: "feature-matching", ...given });
    expect(config).toMatchObject({ architecture: "dcgan", width: 16, steps: 10_000 });
  }
});

it("leaves what was given, and other models, as they are", async () => {
  const given = { architecture: "dcgan", width: 40, steps: 7 } as const;
  expect((await plan({ model: "feature-matching", ...given })).config).toMatchObject(given);
  expect((await plan({})).config).toMatchObject({ architecture: "dcgan", width: 64, steps: 1800 });
});
