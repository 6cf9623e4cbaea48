// Small folders of pictures: how a run on each improves (KID to images held out, or to the training images where there
// are fewer than 500), whether it copies, and a grid of its pictures to look at.
//
//   npm run build && node bench/quality/small-sets.js --out FOLDER [--minutes 60] NAME=FOLDER[:option=value…]…
//
//   node bench/quality/small-sets.js --out /tmp/sets hands=sign-digits-600:size=64 balls=caltech101-11/soccer_ball:size=64:architecture=fastgan
import { join } from "node:path";
import { evaluate } from "../../dist/index.js";
import { commandLine } from "./command-line.js";
import { trainRun } from "./runs.js";

const { values, positionals } = commandLine(
  import.meta.url,
  {
    minutes: { type: "string", default: "60" },
    seed: { type: "string", default: "0" },
    out: { type: "string", required: true },
  },
  ["NAME=FOLDER…"],
);

for (const text of positionals) {
  const [, name, data, rest = ""] = /^([^=]+)=([^:]+)(.*)$/.exec(text);
  const options = rest.split(":").filter((option) => option !== "");
  const flags = ["size", "architecture", "model", "mirror"];
  const words = options.flatMap((option) => {
    const [key, value] = option.split("=");
    if (!flags.includes(key)) return ["--set", option];
    return value === undefined ? [`--${key}`] : [`--${key}`, value];
  });
  const common = ["--minutes", values.minutes, "--seed", values.seed];
  const run = await trainRun([data, ...words, ...common], { out: join(values.out, name), set: ["classes=0"] });
  const course = run.events
    .filter(({ type }) => type === "evaluation")
    .map(({ step, scores }) => ({ step, kid: Number(scores.kid.toPrecision(3)) }));
  const { card } = await evaluate({ subject: run.path, metrics: ["kid", "copies"] });
  console.log(
    JSON.stringify({
      name,
      steps: run.steps,
      seconds: run.seconds,
      course,
      copying: card.copying,
      alarms: card.alarms,
    }),
  );
}
