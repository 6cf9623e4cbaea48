import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate, input } from "../graph/index.ts";
import { type CorruptionOptions, corrupted } from "./corruption.ts";

const shape = [200, 3, 4, 5] as const;
const pixels = shape[1] * shape[2] * shape[3];
const original = Float64Array.from(randomStream(1, "images").normals(shape[0] * pixels), (value) => Math.tanh(value));

/** What becomes of the images, and the draws that decided it. */
function changed(options: CorruptionOptions) {
  const feeds: Record<string, Float64Array> = { images: original };
  const source = (draw: (length: number) => Float64Array) => (name: string, size: readonly number[]) => {
    feeds[name] ??= draw(size.reduce((all, each) => all * each, 1));
    return input(name, size);
  };
  const random = randomStream(2, "draws");
  const graph = corrupted(
    input("images", shape),
    {
      noise: source((length) => Float64Array.from(random.normals(length))),
      uniform: source((length) => Float64Array.from({ length }, () => random.uniform())),
    },
    options,
  );
  return { values: evaluate([graph], feeds)[0]?.data ?? new Float64Array(), feeds };
}

describe("corruption", () => {
  it("`none` leaves images as they are", () => {
    expect(changed({ corruption: "none", corruptionAmount: 0 }).values).toEqual(original);
  });

  it("`gaussian` adds noise of the deviation", () => {
    const { values, feeds } = changed({ corruption: "gaussian", corruptionAmount: 0.3 });
    values.forEach((value, index) =>
      expect(value).toBeCloseTo((original[index] ?? 0) + 0.3 * (feeds["corruption"]?.[index] ?? 0), 12),
    );
  });

  it("`saltAndPepper` makes a share of the pixels black or white, in all channels alike", () => {
    const { values } = changed({ corruption: "saltAndPepper", corruptionAmount: 0.2 });
    const plane = shape[2] * shape[3];
    const kinds = { kept: 0, black: 0, white: 0, other: 0 };
    for (let image = 0; image < shape[0]; image++) {
      for (let pixel = 0; pixel < plane; pixel++) {
        const places = [0, 1, 2].map((channel) => image * pixels + channel * plane + pixel);
        const all = (expected: (place: number) => number | undefined) =>
          places.every((place) => values[place] === expected(place));
        if (all((place) => original[place])) kinds.kept++;
        else if (all(() => -1)) kinds.black++;
        else if (all(() => 1)) kinds.white++;
        else kinds.other++;
      }
    }
    const total = shape[0] * plane;
    expect(kinds.other).toBe(0);
    expect(kinds.kept / total).toBeCloseTo(0.8, 1);
    expect(kinds.black / total).toBeCloseTo(0.1, 1);
    expect(kinds.white / total).toBeCloseTo(0.1, 1);
  });

  it("`images` lays one of the noise images over each, with an opacity up to the amount", () => {
    const count = 7;
    const bytes = Uint8Array.from({ length: count * pixels }, (_, index) => (index * 37) % 256);
    const { values, feeds } = changed({
      corruption: "images",
      corruptionAmount: 0.6,
      noiseImages: { count, bytes },
    });
    const used = new Set<number>();
    for (let image = 0; image < shape[0]; image++) {
      const opacity = 0.6 * (feeds["corruption/opacity"]?.[image] ?? Number.NaN);
      const chosen = Math.floor(count * (feeds["corruption/image"]?.[image] ?? Number.NaN));
      used.add(chosen);
      for (let pixel = 0; pixel < pixels; pixel++) {
        const over = (2 * (bytes[chosen * pixels + pixel] ?? 0)) / 255 - 1;
        const below = original[image * pixels + pixel] ?? Number.NaN;
        expect(values[image * pixels + pixel]).toBeCloseTo((1 - opacity) * below + opacity * over, 6);
      }
    }
    expect(used.size).toBe(count);
  });
});
