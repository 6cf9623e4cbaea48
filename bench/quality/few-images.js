// 500 images of Fashion-MNIST, with and without augmentation: the kernel distance to the 10,000 held-out images in the
// random embedding and in the classifier's features, and what the copy check says.
//
//   npm run build && node bench/quality/few-images.js FASHION-MNIST --out FOLDER [--images 500] [--steps 4000] [--seeds 0,1,2]
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imagesOf } from "../../dist/data/index.js";
import { encodePicture } from "../../dist/export/index.js";
import { evaluate } from "../../dist/index.js";
import { commandLine } from "./command-line.js";
import { openJudge } from "./judge.js";
import { meanAndSpread, picturesOf, trainRun } from "./runs.js";

const { values, positionals } = commandLine(import.meta.url, {
  images: { type: "string", default: "500" },
  steps: { type: "string", default: "4000" },
  seeds: { type: "string", default: "0,1,2" },
  out: { type: "string", required: true },
  variants: { type: "string", default: "none,diffaugment,ada" },
});
const [data] = positionals;
const format = { width: 28, height: 28, channels: 1 };
const judge = await openJudge(data, format);
const scores = new Map(values.variants.split(",").map((name) => [name, []]));

for (const seed of values.seeds.split(",")) {
  const few = await folderOf(Number(values.images), seed);
  for (const [augmentation, found] of scores) {
    const run = await trainRun([few, "--size", "28", "--steps", values.steps, "--seed", seed], {
      out: join(values.out, `${augmentation}-${seed}`),
      set: [`gan.augmentation=${augmentation}`, "heldOut=0"],
    });
    const { frechet, kid, precision, recall } = await judge.score(await picturesOf(run.path, 10_000));
    const { card } = await evaluate({ subject: run.path, against: data, split: "heldOut", metrics: ["kid"] });
    const { card: copies } = await evaluate({ subject: run.path, metrics: ["copies"] });
    const score = { kid: scoreOf(card, "kid"), classifierKid: kid, frechet, precision, recall };
    found.push(score);
    console.log(JSON.stringify({ augmentation, seed, steps: run.steps, ...score, copyAlarm: copies.copying?.alarm }));
  }
}
for (const [augmentation, found] of scores) console.log(JSON.stringify({ augmentation, mean: meanAndSpread(found) }));
await judge.release();

function scoreOf({ scores: list }, name) {
  return list.find(({ metric }) => metric === name)?.value;
}

/** A folder of so many training images, drawn by the seed, without labels. */
async function folderOf(count, seed) {
  const folder = join(values.out, `images-${seed}`);
  mkdirSync(folder, { recursive: true });
  const drawn = imagesOf(judge.dataset.train, format, count, Number(seed));
  const bytes = await drawn.read(0, count);
  for (let index = 0; index < count; index++) {
    writeFileSync(join(folder, `${String(index).padStart(4, "0")}.png`), await encodePicture(bytes, format, index));
  }
  return folder;
}
