import { expect, it } from "vitest";
import type { Structure } from "../../models/index.ts";
import { assertVqVaeFits, chosenVqVae, positionsOf, vqVaeSchema } from "./vq-vae.ts";

const network: Structure = { kernel: 4, depth: 0, activation: "relu", norm: "batch" };
const usual = { size: 32, latent: 64, architecture: "dcgan", network, microBatches: 1 } as const;

it("has settings of its own that were not given, each with a reason", () => {
  const reasons: string[] = [];
  const chosen = chosenVqVae({ codes: 128 }, (key, given, fallback, reason) => {
    if (given === undefined) reasons.push(`${key}: ${reason}`);
    return given ?? fallback;
  });
  expect(vqVaeSchema.parse(chosen)).toEqual(chosen);
  expect(chosen.codes).toBe(128);
  expect(reasons.length).toBe(Object.keys(chosen).length - 1);
});

it("makes a picture from one number for each code", () => {
  expect([positionsOf(28), positionsOf(32), positionsOf("64x96")]).toEqual([49, 64, 96]);
  expect(() => assertVqVaeFits(usual)).not.toThrow();
  expect(() => assertVqVaeFits({ ...usual, latent: 100 })).toThrow("latent: expected 64, one number for each code");
});

it.each([
  [{ size: 100 }, "--size: expected sides that are multiples of 16"],
  [{ architecture: "mlp" }, "--architecture: expected none for model vq-vae"],
  [{ network: { ...network, depth: 3 } }, "network.depth: expected none for model vq-vae"],
  [{ microBatches: 2 }, "microBatches: expected 1, since the codebook moves by the whole batch at once"],
] as const)("refuses what it cannot be right with: %j", (change, message) => {
  expect(() => assertVqVaeFits({ ...usual, ...change })).toThrow(message);
});
