// What the scores say of generators that fail in known ways: real images that nobody has seen stand for a perfect one, and
// are blurred, noised, repeated, or robbed of classes; copies are training images. Half of the held-out images are given
// away as generated, the other half is what they are compared with.
//
//   npm run build && node bench/broken-generators.js [--data sample:flowers] [--size 32] [--channels 3] [--images 1000]
import { parseArgs } from "node:util";
import { openDataset, usualFitting } from "../dist/data/index.js";
import { evaluate } from "../dist/evaluation/index.js";
import { randomStream } from "../dist/foundation/random.js";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "sample:flowers" },
    size: { type: "string", default: "32" },
    channels: { type: "string", default: "3" },
    images: { type: "string", default: "1000" },
  },
});
const side = Number(values.size);
const format = { width: side, height: side, channels: Number(values.channels) };
const dataset = await openDataset(values.data, { format, heldOutFraction: 0.5 });
const { train, heldOut, classNames } = dataset;
const all = [...randomStream(0, "halves").permutation(heldOut.count)];
const most = Math.min(Number(values.images), Math.floor(heldOut.count / 2));
const [unseen, compared] = [all.slice(0, most), all.slice(most, 2 * most)];

/** Rows of a part of the data, each image changed. */
function rowsOf(split, rows, change = (image) => image) {
  const { labels, imageBytes } = split;
  const read = async (first, count) => {
    const bytes = new Uint8Array(count * imageBytes);
    for (let index = 0; index < count; index++) {
      const image = new Uint8Array(imageBytes);
      split.copyImage(rows[first + index], image, 0);
      bytes.set(change(image, first + index), index * imageBytes);
    }
    return bytes;
  };
  return { format, count: rows.length, labels: Int32Array.from(rows, (row) => labels[row]), read };
}

function blurred(reach) {
  return (image) =>
    image.map((_, at) => {
      const [x, y] = [at % side, Math.floor(at / side) % side];
      const plane = at - y * side - x;
      let [sum, count] = [0, 0];
      for (let row = Math.max(0, y - reach); row <= Math.min(side - 1, y + reach); row++) {
        for (let column = Math.max(0, x - reach); column <= Math.min(side - 1, x + reach); column++) {
          sum += image[plane + row * side + column];
          count++;
        }
      }
      return Math.round(sum / count);
    });
}

const noised = (deviation) => (image, index) => {
  const noise = randomStream(1, "noise", index).normals(image.length);
  return image.map((value, at) => Math.min(255, Math.max(0, Math.round(value + 255 * deviation * noise[at]))));
};
const mirrored = (image) => image.map((_, at) => image[at - (at % side) + (side - 1 - (at % side))]);
/** As many rows as before, of those that are wanted. */
const repeated = (rows) => unseen.map((_, index) => rows[index % rows.length]);
const ofClasses = (wanted) => repeated(unseen.filter((row) => wanted(heldOut.labels[row])));

const learned = [...randomStream(0, "learned").permutation(train.count).subarray(0, most)];
const generators = {
  "unseen real images": rowsOf(heldOut, unseen),
  "blurred, 3 x 3": rowsOf(heldOut, unseen, blurred(1)),
  "blurred, 5 x 5": rowsOf(heldOut, unseen, blurred(2)),
  "noise of 5 %": rowsOf(heldOut, unseen, noised(0.05)),
  "noise of 10 %": rowsOf(heldOut, unseen, noised(0.1)),
  "one class dropped": rowsOf(
    heldOut,
    ofClasses((label) => label !== 0),
  ),
  "half the classes": rowsOf(
    heldOut,
    ofClasses((label) => label >= classNames.length / 2),
  ),
  "one class alone": rowsOf(
    heldOut,
    ofClasses((label) => label === 0),
  ),
  "10 images, repeated": rowsOf(heldOut, repeated(unseen.slice(0, 10))),
  "training images": rowsOf(train, learned),
  "training images, noise of 5 %": rowsOf(train, learned, noised(0.05)),
  "training images, mirrored": rowsOf(train, learned, mirrored),
};

const reference = {
  dataset: { ...dataset, heldOut: { ...partOf(heldOut, compared) } },
  place: values.data,
  fitting: usualFitting,
  trained: true,
  compressed: false,
};

function partOf(split, rows) {
  return {
    count: rows.length,
    imageBytes: split.imageBytes,
    labels: Int32Array.from(rows, (row) => split.labels[row]),
    names: rows.map((row) => split.names[row]),
    copyImage: (index, target, offset) => split.copyImage(rows[index], target, offset),
  };
}

const metrics = ["fid", "kid", "precision", "recall", "density", "coverage", "copies", "copying-z", "duplicates"];
console.log(
  `| ${most} images of ${values.data} | KID | FID | train FID | precision | recall | density | coverage | copies | C_T | duplicates | alarm |`,
);
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const [name, images] of Object.entries(generators)) {
  const subject = { kind: "images", place: name, sha256: name, images, classNames: [], compressed: false };
  const { card } = await evaluate({ subject, reference, metrics, intervals: false, mostReal: most });
  const of = (metric, split) =>
    card.scores.find((score) => score.metric === metric && score.reference === split)?.value;
  const share = (value) => (value === undefined ? "" : `${(100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`);
  const cells = [
    of("kid", "heldOut").toFixed(3),
    of("fid", "heldOut").toFixed(1),
    of("fid", "train").toFixed(1),
    share(of("precision", "heldOut")),
    share(of("recall", "heldOut")),
    of("density", "heldOut").toFixed(2),
    share(of("coverage", "heldOut")),
    share(of("copies", "train")),
    of("copying-z", "train").toFixed(1),
    share(of("duplicates")),
    card.copying.alarm ? "yes" : "no",
  ];
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}
dataset.close();
