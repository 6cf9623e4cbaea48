import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { evaluate, gradient, input, multiply, scalar, square, sum, type Tensor } from "../../graph/index.ts";
import { type AugmentOptions, augment, type TransformName, transformNames } from "../index.ts";

type Picture = readonly (readonly (readonly number[])[])[];
type Shape = readonly [batch: number, channels: number, height: number, width: number];
/** The draws of one image, by name. */
type DrawsOfImage = (name: string) => Float64Array;

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Draws and images, and the graph that changes them. */
function prepared(shape: Shape, options: AugmentOptions, seed = 0) {
  const images = input("images", shape);
  const feeds: Record<string, Float64Array> = {
    images: Float64Array.from(randomStream(seed, "images").normals(product(shape)), clipped),
  };
  const draws = (name: string, size: readonly number[]): Tensor => {
    feeds[name] ??= Float64Array.from({ length: product(size) }, randomNumbers(seed, name));
    return input(name, size);
  };
  return { images, feeds, changed: augment(images, draws, options) };
}

function randomNumbers(seed: number, name: string): () => number {
  const stream = randomStream(seed, name);
  return () => stream.uniform();
}

const clipped = (value: number): number => Math.max(-1, Math.min(1, value / 2));
const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);

function valuesOf(tensor: Tensor, feeds: Readonly<Record<string, Float64Array>>): Float64Array {
  return evaluate([tensor], feeds)[0]?.data ?? new Float64Array();
}

function pictureOf(values: Float64Array, [, channels, height, width]: Shape, image: number): Picture {
  const at = (channel: number, row: number, column: number) =>
    values[((image * channels + channel) * height + row) * width + column] ?? Number.NaN;
  return range(channels).map((channel) =>
    range(height).map((row) => range(width).map((column) => at(channel, row, column))),
  );
}

/** A picture of the same size whose pixels are looked up elsewhere; what is outside is 0. */
function lookedUp(picture: Picture, source: (row: number, column: number) => readonly [number, number]): Picture {
  const pixel = (plane: readonly (readonly number[])[], row: number, column: number) => plane[row]?.[column] ?? 0;
  return picture.map((plane) =>
    plane.map((line, row) =>
      line.map((_, column) => {
        const [y, x] = source(row, column);
        const [top, left] = [Math.floor(y), Math.floor(x)];
        const [down, right] = [y - top, x - left];
        const above = (1 - right) * pixel(plane, top, left) + right * pixel(plane, top, left + 1);
        const below = (1 - right) * pixel(plane, top + 1, left) + right * pixel(plane, top + 1, left + 1);
        return (1 - down) * above + down * below;
      }),
    ),
  );
}

function mapped(
  picture: Picture,
  change: (value: number, channel: number, row: number, column: number) => number,
): Picture {
  return picture.map((plane, channel) =>
    plane.map((line, row) => line.map((value, column) => change(value, channel, row, column))),
  );
}

const average = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;
const normal = (radius: number, angle: number): number =>
  Math.sqrt(-2 * Math.log(1 - radius)) * Math.cos(2 * Math.PI * angle);
const first = (values: Float64Array): number => values[0] ?? Number.NaN;

/** What is done to a picture, written as one would for one picture. */
const plainly: Readonly<Record<TransformName, (picture: Picture, draws: DrawsOfImage) => Picture>> = {
  mirror: (picture, draws) =>
    first(draws("side")) < 0.5 ? picture : picture.map((plane) => plane.map((line) => line.toReversed())),
  quarterTurn: (picture, draws) => {
    const turned = (plane: readonly (readonly number[])[]) =>
      plane.map((_, row) => plane.map((line) => line[plane.length - 1 - row] ?? Number.NaN));
    return range(Math.floor(4 * first(draws("turns")))).reduce<Picture>((before) => before.map(turned), picture);
  },
  scale: (picture, draws) => {
    const size = 2 ** (0.2 * normal(first(draws("scale/radius")), first(draws("scale/angle"))));
    const middles = [((picture[0]?.length ?? 0) - 1) / 2, ((picture[0]?.[0]?.length ?? 0) - 1) / 2] as const;
    return lookedUp(picture, (row, column) => [
      middles[0] + (row - middles[0]) / size,
      middles[1] + (column - middles[1]) / size,
    ]);
  },
  translation: (picture, draws) => {
    const shift = (name: string, side: number) => {
      const most = Math.round(side / 8);
      return Math.floor(first(draws(name)) * (2 * most + 1)) - most;
    };
    const [down, right] = [shift("down", picture[0]?.length ?? 0), shift("right", picture[0]?.[0]?.length ?? 0)];
    return lookedUp(picture, (row, column) => [row - down, column - right]);
  },
  brightness: (picture, draws) => mapped(picture, (value) => value + first(draws("shift")) - 0.5),
  hue: (picture, draws) => {
    if (picture.length === 1) return picture;
    const angle = 2 * Math.PI * (first(draws("angle")) - 0.5);
    // The matrix of the rotation about (1, 1, 1), of which each row is the one before moved on by one.
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    const row = [(1 + 2 * cosine) / 3, (1 - cosine) / 3 - sine / Math.sqrt(3), (1 - cosine) / 3 + sine / Math.sqrt(3)];
    return mapped(picture, (_value, channel, y, x) =>
      range(3).reduce((sum, other) => sum + (row[(other - channel + 3) % 3] ?? 0) * (picture[other]?.[y]?.[x] ?? 0), 0),
    );
  },
  saturation: (picture, draws) =>
    mapped(picture, (value, _, row, column) => {
      if (picture.length === 1) return value;
      const grey = average(picture.map((plane) => plane[row]?.[column] ?? Number.NaN));
      return grey + (value - grey) * 2 * first(draws("factor"));
    }),
  contrast: (picture, draws) => {
    const middle = average(picture.flat(2));
    return mapped(picture, (value) => middle + (value - middle) * (0.5 + first(draws("factor"))));
  },
  noise: (picture, draws) => {
    const deviation = 0.1 * Math.abs(normal(first(draws("deviation/radius")), first(draws("deviation/angle"))));
    const [height, width] = [picture[0]?.length ?? 0, picture[0]?.[0]?.length ?? 0];
    const [radius, angle] = [draws("noise/radius"), draws("noise/angle")];
    return mapped(picture, (value, channel, row, column) => {
      const pixel = (channel * height + row) * width + column;
      return value + deviation * normal(radius[pixel] ?? Number.NaN, angle[pixel] ?? Number.NaN);
    });
  },
  cutout: (picture, draws) => {
    const [height, width] = [picture[0]?.length ?? 0, picture[0]?.[0]?.length ?? 0];
    const [y, x] = [first(draws("row")) * height, first(draws("column")) * width];
    return mapped(picture, (value, _, row, column) =>
      Math.abs(row + 0.5 - y) < height / 4 && Math.abs(column + 0.5 - x) < width / 4 ? 0 : value,
    );
  },
};

const shapes: readonly Shape[] = [
  [7, 3, 8, 8],
  [5, 1, 16, 16],
  [6, 3, 9, 12],
];

function expectPictures(shape: Shape, names: readonly TransformName[], seed: number): void {
  const { feeds, changed } = prepared(shape, { transforms: names }, seed);
  const values = valuesOf(changed, feeds);
  for (const image of range(shape[0])) {
    const drawsOf = (transform: TransformName) => (name: string) => {
      const all = feeds[`${transform}/${name}`] ?? new Float64Array();
      const each = all.length / shape[0];
      return all.subarray(image * each, (image + 1) * each);
    };
    const original = pictureOf(feeds["images"] ?? new Float64Array(), shape, image);
    const expected = names.reduce((picture, name) => plainly[name](picture, drawsOf(name)), original);
    const received = pictureOf(values, shape, image).flat(2);
    expected.flat(2).forEach((value, pixel) => expect(received[pixel], `${image}: ${pixel}`).toBeCloseTo(value, 9));
  }
}

describe.each(transformNames)("%s", (name) => {
  const usable = shapes.filter(([, , height, width]) => name !== "quarterTurn" || height === width);

  it("is what it is for one picture, for every picture of a batch", () => {
    usable.forEach((shape, seed) => expectPictures(shape, [name], seed));
  });

  it("changes nothing with probability 0, all with 1, and about half with 1/2", () => {
    const shape: Shape = [300, 3, 4, 4];
    const changedShare = (probability: number | undefined) => {
      const { feeds, changed } = prepared(shape, {
        transforms: [name],
        ...(probability !== undefined && { probability: scalar(probability) }),
      });
      const values = valuesOf(changed, feeds);
      const same = range(shape[0]).filter((image) =>
        range(48).every((pixel) => values[image * 48 + pixel] === feeds["images"]?.[image * 48 + pixel]),
      );
      return 1 - same.length / shape[0];
    };
    expect(changedShare(0)).toBe(0);
    const always = changedShare(1);
    expect(always).toBe(changedShare(undefined));
    // Where the draw itself may be to leave the picture: half of the mirrors, a quarter of the turns, a ninth of the moves.
    expect(always).toBeGreaterThan(0.4);
    expect(Math.abs(changedShare(0.5) - always / 2)).toBeLessThan(0.1);
  });

  it("has gradients, and gradients of those, that agree with central differences", () => {
    const shape: Shape = [2, 3, 6, 6];
    const { images, feeds, changed } = prepared(shape, { transforms: [name], probability: scalar(0.9) }, 3);
    const loss = sum(square(multiply(changed, square(changed))));
    const slope = gradient(loss, images);
    expectSlope(loss, images, feeds);
    expectSlope(sum(square(slope)), images, feeds);
  });
});

/** Compares the slope along a random direction with a central difference. */
function expectSlope(
  loss: Tensor,
  images: ReturnType<typeof input>,
  feeds: Readonly<Record<string, Float64Array>>,
): void {
  const at = feeds["images"] ?? new Float64Array();
  const direction = randomStream(5, "direction").normals(at.length);
  const shifted = (distance: number) =>
    first(valuesOf(loss, { ...feeds, images: at.map((value, index) => value + distance * (direction[index] ?? 0)) }));
  const numeric = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
  const slopes = valuesOf(gradient(loss, images), feeds);
  const analytic = slopes.reduce((total, value, index) => total + value * (direction[index] ?? 0), 0);
  expect(analytic).not.toBe(0);
  expect(Math.abs(analytic / numeric - 1)).toBeLessThan(1e-6);
}

describe("augment", () => {
  it("does all that is asked for one after the other, whatever order is asked for", () => {
    expectPictures([4, 3, 8, 8], ["scale", "brightness", "hue", "saturation", "contrast", "noise", "cutout"], 1);
    expectPictures([5, 3, 8, 8], ["quarterTurn", "translation"], 2);
    expectPictures([5, 3, 8, 8], ["mirror", "translation", "cutout"], 3);
    const some = prepared([3, 3, 8, 8], { transforms: ["translation", "contrast", "mirror"] });
    const other = prepared([3, 3, 8, 8], { transforms: ["contrast", "mirror", "translation"] });
    expect(valuesOf(some.changed, some.feeds)).toEqual(valuesOf(other.changed, other.feeds));
  });

  it("leaves images exactly as they are with probability 0", () => {
    const { feeds, changed } = prepared([3, 3, 8, 8], { transforms: transformNames, probability: scalar(0) });
    expect(valuesOf(changed, feeds)).toEqual(feeds["images"]);
  });

  it("sends no gradient to the draws or to the probability", () => {
    const probability = input("probability", []);
    const { feeds, changed } = prepared([2, 3, 8, 8], { transforms: transformNames, probability });
    const all = { ...feeds, probability: Float64Array.of(1) };
    for (const name of Object.keys(feeds).filter((fed) => fed !== "images")) {
      const drawn = input(name, [2]);
      expect([...valuesOf(gradient(sum(square(changed)), drawn), all)].every((slope) => slope === 0)).toBe(true);
    }
    expect(valuesOf(gradient(sum(square(changed)), probability), all)).toEqual(Float64Array.of(0));
  });

  it("changes two batches alike with the same draws", () => {
    const first = prepared([3, 1, 8, 8], { transforms: ["translation", "cutout"] });
    const doubled = valuesOf(first.changed, {
      ...first.feeds,
      images: (first.feeds["images"] ?? new Float64Array()).map((value) => 2 * value),
    });
    expect(doubled).toEqual(valuesOf(first.changed, first.feeds).map((value) => 2 * value));
  });

  it("refuses to turn pictures that are not square, and open batches", () => {
    expect(() => prepared([2, 1, 4, 6], { transforms: ["quarterTurn"] })).toThrow("square pictures for quarter turns");
    const open = input("images", ["batch", 1, 4, 4]);
    expect(() => augment(open, (name, shape) => input(name, shape), { transforms: ["mirror"] })).toThrow("known batch");
  });
});
