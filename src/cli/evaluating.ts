import { type MetricName, metricGroups, metricNames } from "../evaluation/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { nearestName } from "../foundation/spelling.ts";
import {
  assertNoSweep,
  commonSchema,
  type EvaluationRequest,
  evaluateSubject,
  parseConfig,
} from "../training/index.ts";
import { unlessInterrupted } from "./interrupts.ts";
import { Progress } from "./progress.ts";
import { scoreCardText } from "./score-card-view.ts";
import { grouped } from "./text.ts";

export interface EvaluateFlags {
  readonly against?: readonly string[];
  readonly split?: string;
  readonly metrics?: string;
  readonly features?: string;
  readonly preset?: string;
  readonly layer?: string;
  readonly featureSize?: number;
  readonly n?: number;
  readonly seed: number;
  readonly best?: true;
  readonly labels?: string;
  readonly size?: number | string;
  readonly channels?: number | string;
  readonly out?: string;
  readonly json?: true;
}

/** Scores, shows how far it is, prints the score card and says what was written. Ctrl-C ends it; nothing is then written. */
export async function showEvaluation(subject: string, flags: EvaluateFlags): Promise<void> {
  const request = requestOf(subject, flags);
  await assertNoSweep(subject);
  const json = flags.json === true;
  // With --json nothing but the card is on standard output.
  const progress = new Progress(json ? process.stderr : process.stdout);
  const quiet = json && !process.stderr.isTTY;
  try {
    const { card, written } = await unlessInterrupted(`evaluate ${subject}`, HELP, (signal) =>
      evaluateSubject(request, {
        signal,
        ...(!quiet && {
          notify: (text) => progress.say(text),
          onProgress: (task, done, total) =>
            progress.show(done, total, total > 1 ? `${task}: ${grouped(done)} of ${grouped(total)}` : task),
        }),
      }),
    );
    progress.clear();
    const files = written.map((file) => `  ${file}\n`).join("");
    process.stdout.write(json ? `${JSON.stringify(card)}\n` : `${scoreCardText(card)}\n`);
    if (!json && written.length > 0) process.stdout.write(`Written:\n${files}`);
  } finally {
    progress.clear();
  }
}

const HELP = "start it again, with a smaller -n if it takes too long";

const splits = ["heldOut", "train", "all"] as const;

function requestOf(subject: string, flags: EvaluateFlags): EvaluationRequest {
  const { against, metrics, features, preset, layer, featureSize, n: images, split, seed, best, labels, out } = flags;
  for (const [flag, value] of Object.entries({ preset, layer, "feature-size": featureSize })) {
    if (value === undefined || features !== undefined) continue;
    throw usage(
      `--${flag}`,
      "--features FILE beside it",
      "no network",
      "name a pretrained network: --features FILE.onnx",
    );
  }
  const chosen = split === undefined ? undefined : splits.find((name) => name.toLowerCase() === split.toLowerCase());
  if (split !== undefined && chosen === undefined) {
    throw usage("--split", splits.join(", "), split, "heldOut images are those that training has not seen");
  }
  const checked = parseConfig(
    commonSchema.pick({ size: true, channels: true }).partial(),
    { size: flags.size, channels: flags.channels },
    (key) => `--${key}`,
  );
  return {
    subject,
    ...(against !== undefined && { against: against.length === 1 ? (against[0] ?? "") : against }),
    split: chosen,
    metrics: metrics === undefined ? undefined : metricsOf(metrics),
    features: features === undefined ? undefined : { file: features, preset, layer, size: featureSize },
    images,
    seed,
    best,
    labels,
    ...checked,
    out,
  };
}

/** The scores that a list such as `fid,kid` names. */
function metricsOf(list: string): readonly MetricName[] {
  const groups = new Map<string, readonly MetricName[]>(Object.entries(metricGroups));
  const known = [...groups.keys(), ...metricNames];
  return list.split(",").flatMap((text) => {
    const name = text.trim().toLowerCase();
    const single = metricNames.find((metric) => metric === name);
    const found = groups.get(name) ?? (single && [single]);
    if (found !== undefined) return found;
    const nearest = nearestName(name, known);
    const help = nearest === undefined ? `the names are ${known.join(", ")}` : `did you mean ${nearest}?`;
    throw usage("--metrics", "names of scores, with commas between", text, help);
  });
}

function usage(where: string, expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where, expected, received, help });
}
