// Data: how fast images are decoded into the packed store, and with how much memory; and how long a training step waits for its batch.
//
//   npm run build && node bench/data.js [--parts fashion,photos,memory,wait] [--fashion FOLDER] [--photos FOLDER] [--rounds 3]
//
//   fashion   Fashion-MNIST (its four IDX files, in FOLDER) packed the first time and opened again
//   photos    5,000 JPEG photographs of 500x400 packed at 64x64, in turn with a bare sharp loop that does as much at once and checks
//             nothing. They are made of the pictures in FOLDER, or drawn, where none is given
//   memory    peak of a process that packs 60,000, 200,000 and 1,000,000 images of 28x28 at 32x32
//   wait      filling a batch of 64 from the packed store, beside the training step of a DCGAN, at 32x32
//
// Every measurement is made in a process of its own; ratios are of one run.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath, stderr } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { decodesAtOnce, forEachOf } from "../dist/data/concurrency.js";
import { BatchOrder, fillBatch, openSource, packDataset, usualFitting } from "../dist/data/index.js";
import { measure, median } from "./child.js";

const { values: flags } = parseArgs({
  options: {
    parts: { type: "string", default: "fashion,photos,memory,wait" },
    fashion: { type: "string" },
    photos: { type: "string" },
    rounds: { type: "string", default: "3" },
    task: { type: "string" },
    data: { type: "string", default: "" },
    cache: { type: "string", default: "" },
    side: { type: "string", default: "32" },
    channels: { type: "string", default: "1" },
  },
});
const PHOTOGRAPHS = { count: 5000, width: 500, height: 400, side: 64 };

/** What a process that measures does: it prints one line of JSON. */
const tasks = {
  pack: async () => {
    const [source, listing] = await timed(() => openSource(flags.data));
    const [dataset, packing] = await timed(() => packed(source));
    dataset.close();
    return { seconds: listing + packing, images: dataset.train.count + dataset.heldOut.count, reused: dataset.reused };
  },
  bare: async () => {
    const { side } = PHOTOGRAPHS;
    const decode = async (name) => void (await sharp(join(flags.data, name)).resize(side, side).raw().toBuffer());
    const [, seconds] = await timed(() => forEachOf(readdirSync(flags.data), decodesAtOnce, decode));
    return { seconds };
  },
  wait: async () => {
    const dataset = await packed(await openSource(flags.data));
    const order = new BatchOrder(dataset.train.count, 64, 0);
    const batch = new Uint8Array(64 * dataset.train.imageBytes);
    const times = [];
    for (let step = 0; step < 1000; step++) {
      const begun = performance.now();
      fillBatch(dataset.train, order.indices(step), batch);
      times.push(performance.now() - begun);
    }
    dataset.close();
    return { median: median(times), largest: Math.max(...times) };
  },
};

const folder = mkdtempSync(join(tmpdir(), "atelier-data-"));
const parts = { fashion, photos, memory, wait };
try {
  if (flags.task !== undefined) console.log(JSON.stringify(await tasks[flags.task]()));
  else for (const part of flags.parts.split(",")) console.table(await parts[part]());
} finally {
  rmSync(folder, { recursive: true });
}

async function fashion() {
  if (flags.fashion === undefined) return [{ fashion: "left out: --fashion FOLDER is not given" }];
  const rows = [];
  for (const side of [32, 28]) {
    const cache = join(folder, `fashion-${side}`);
    for (const time of ["first", "second", "third"]) {
      const { result, peakMegabytes } = await run("pack", { data: flags.fashion, cache, side });
      rows.push({
        ...size(side),
        time,
        images: result.images,
        "ready in, s": rounded(result.seconds),
        "peak, MB": peakMegabytes,
      });
    }
  }
  return rows;
}

async function photos() {
  const { count, side } = PHOTOGRAPHS;
  const data = join(folder, "photos");
  await writePhotographs(data);
  const rates = { Atelier: [], "bare sharp": [] };
  for (let round = 0; round < Number(flags.rounds); round++) {
    const cache = join(folder, `photos-${round}`);
    const { result: ours } = await run("pack", { data, cache, side, channels: 3 });
    const { result: bare } = await run("bare", { data });
    rmSync(cache, { recursive: true });
    rates.Atelier.push(count / ours.seconds);
    rates["bare sharp"].push(count / bare.seconds);
  }
  return Object.entries(rates).map(([who, values]) => ({
    who,
    "images/s, median": Math.round(median(values)),
    "images/s, best": Math.round(Math.max(...values)),
    "share of bare, median": rounded(median(values.map((rate, round) => rate / rates["bare sharp"][round]))),
  }));
}

async function memory() {
  const rows = [];
  for (const count of [60_000, 200_000, 1_000_000]) {
    const [data, cache] = [join(folder, `train-images-idx3-ubyte`), join(folder, "memory")];
    await writeIdx(data, count);
    const { result, peakMegabytes } = await run("pack", { data, cache });
    rows.push({ images: count, "peak, MB": peakMegabytes, "ready in, s": rounded(result.seconds) });
    rmSync(cache, { recursive: true });
    rmSync(data);
  }
  return rows;
}

async function wait() {
  const data = join(folder, "train-images-idx3-ubyte");
  await writeIdx(data, 60_000);
  const { result: filling } = await run("wait", { data, cache: join(folder, "wait"), channels: 3 });
  stderr.write("the step\n");
  const { result: step } = await measure(execPath, [
    fileURLToPath(new URL("./step.js", import.meta.url)),
    "--size",
    "32",
  ]);
  return [
    {
      "batch, ms, median": rounded(filling.median),
      "batch, ms, largest": rounded(filling.largest),
      "step, ms, median": rounded(step.step_ms_median),
      "share, %": rounded((100 * filling.median) / step.step_ms_median),
    },
  ];
}

/** Does a task in a process of its own. */
async function run(task, options) {
  stderr.write(`${task} ${Object.values(options).join(" ")}\n`);
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return await measure(execPath, [fileURLToPath(import.meta.url), "--task", task, ...words]);
}

function packed(source) {
  const side = Number(flags.side);
  const format = { height: side, width: side, channels: flags.channels === "3" ? 3 : 1 };
  return packDataset(source, { format, fitting: usualFitting, seed: 0, cacheFolder: flags.cache });
}

/** Photographs of one size, cut from enlarged pictures, each at another place so that no two are equal; or drawn. */
async function writePhotographs(target) {
  const { count, width, height } = PHOTOGRAPHS;
  const given = flags.photos === undefined ? [] : pictureFiles(flags.photos);
  stderr.write(`writing ${count} photographs, ${given.length === 0 ? "drawn" : `made of ${given.length}`}\n`);
  mkdirSync(target);
  const write = async (index) => {
    const image =
      given.length === 0
        ? sharp(Buffer.from(drawing(index, width, height)))
        : sharp(given[index % given.length])
            .resize(width + 64, height + 64, { fit: "cover" })
            .extract({ left: index % 61, top: Math.floor(index / 61) % 61, width, height });
    writeFileSync(join(target, `${index}.jpg`), await image.removeAlpha().jpeg({ quality: 90 }).toBuffer());
  };
  await forEachOf(Array(count).keys(), decodesAtOnce, write);
}

function pictureFiles(from) {
  const names = readdirSync(from, { recursive: true, encoding: "utf8" }).sort();
  return names.filter((name) => /\.(jpe?g|png)$/i.test(name)).map((name) => join(from, name));
}

/** Some hundred overlapping shapes: about as much detail as a photograph has. */
function drawing(index, width, height) {
  const shapes = Array.from({ length: 150 }, (_, shape) => {
    const at = (factor, below) => ((index + 1) * (shape + 7) * factor) % below;
    const colour = `rgb(${at(31, 256)},${at(57, 256)},${at(91, 256)})`;
    return `<ellipse cx="${at(131, width)}" cy="${at(173, height)}" rx="${2 + at(11, 50)}" ry="${2 + at(17, 40)}" fill="${colour}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join("")}</svg>`;
}

/** An IDX file of images of 28x28. */
async function writeIdx(path, count) {
  const header = Buffer.alloc(16);
  for (const [place, value] of [0x803, count, 28, 28].entries()) header.writeUInt32BE(value, 4 * place);
  const block = Buffer.alloc(1000 * 784);
  const file = await open(path, "w");
  await file.appendFile(header);
  for (let first = 0; first < count; first += 1000) {
    for (let at = 0; at < block.length; at++) block[at] = (at * 7 + first + (at >> 8)) & 255;
    await file.appendFile(block);
  }
  await file.close();
}

async function timed(work) {
  const begun = performance.now();
  const result = await work();
  return [result, (performance.now() - begun) / 1000];
}

function size(side) {
  return { size: `${side}x${side}` };
}

function rounded(value) {
  return Math.round(value * 1000) / 1000;
}
