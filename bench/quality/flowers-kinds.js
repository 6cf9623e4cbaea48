// A flower of the kind that is asked for, from five labels a kind and the default settings: how often a classifier of all
// labels finds the kind that was asked for, the kernel distance of the pictures, equally many of each kind, to the held-out
// flowers in its features, a grid with a row for each kind, and the seconds of the training; `wallSeconds` are those of the
// whole command, where it was not interrupted.
//
//   npm run build && node bench/quality/flowers-kinds.js --out FOLDER [--labels-per-class 5] [--seeds 0,1,2] [--steps N | --minutes M] [--pictures 1000] [--set key=value]…
//
// A seed decides the draw of the labels and the flowers that are held out, too. Runs lie in FOLDER with a grid of each,
// flowers-SEED.png; those that are finished are not made again.
import { join } from "node:path";
import { formatOf } from "../../dist/methods/index.js";
import { commandLine, numbersIn } from "./command-line.js";
import { openJudge } from "./judge.js";
import { attempt, meanAndSpread, picturesByClass, print, trainRun, writeClassGrid } from "./runs.js";

const { values } = commandLine(
  import.meta.url,
  {
    "labels-per-class": { type: "string", default: "5" },
    seeds: { type: "string", default: "0,1,2" },
    steps: { type: "string" },
    minutes: { type: "string" },
    pictures: { type: "string", default: "1000" },
    out: { type: "string", required: true },
    set: { type: "string", multiple: true, default: [] },
  },
  [],
);
const data = "sample:flowers";
const found = [];

for (const seed of numbersIn(values.seeds)) {
  await attempt({ seed }, async () => found.push(await measured(seed)));
}
if (found.length > 0) print({ runs: found.length, mean: meanAndSpread(found) });

/** Trains, prints what the judge says, and returns what means are made of. */
async function measured(seed) {
  const out = join(values.out, `flowers-${seed}`);
  const budget = ["steps", "minutes"].flatMap((name) =>
    values[name] === undefined ? [] : [`--${name}`, values[name]],
  );
  // A seed of 0 is the default: the words of the example.
  const words = [data, "--labels-per-class", values["labels-per-class"], ...budget];
  const run = await trainRun(seed === 0 ? words : [...words, "--seed", String(seed)], { out, set: values.set });
  const { heldOut: heldOutFraction } = run.config;
  const judge = await openJudge(data, formatOf(run.config), { seed, heldOutFraction });
  const { classNames } = judge.dataset;
  const pictures = await picturesByClass(run.path, Math.ceil(Number(values.pictures) / classNames.length), classNames);
  try {
    const { worst, ofClass, ...labelAccuracy } = await judge.labelAccuracy(pictures);
    const kid = await judge.kernelDistance(pictures);
    await writeClassGrid(`${out}.png`, pictures);
    const { steps, seconds, wallSeconds } = run;
    const accuracyOnRealImages = await judge.ownAccuracy();
    print({ seed, steps, seconds, wallSeconds, labelAccuracy, ofClass, worst, kid, judge: { accuracyOnRealImages } });
    return { seconds, labelAccuracy: labelAccuracy.value, ...ofClass, kid };
  } finally {
    await pictures.release();
    await judge.release();
  }
}
