import { metricDescriptions, scoreNames } from "../evaluation/index.ts";
import { shellWord } from "../foundation/shell.ts";
import { hasCoders } from "../methods/index.ts";
import {
  leaves,
  memoryWarning,
  type PreparedRun,
  RunFolder,
  startRun,
  type TimeEstimate,
  type TrainingEvent,
} from "../training/index.ts";
import { errorText } from "./error-text.ts";
import { untilInterrupted } from "./interrupts.ts";
import { Progress } from "./progress.ts";
import { bytes } from "./quantities.ts";
import { metricName, roughly, scoreText, significant } from "./score-text.ts";
import { counted, duration, grouped, table } from "./text.ts";

/** Prints what would be trained, and what is to be known about the labels. A run that begins says the latter when it starts. */
export function showPlan(prepared: PreparedRun, json: boolean): void {
  const { path, plan, memory, time, remarks } = prepared;
  const warning = memoryWarning(memory, process.availableMemory(), plan.config);
  if (json) {
    print({ type: "plan", run: path, ...plan, memory, ...(time && { time }), remarks });
    if (warning !== undefined) print({ type: "notice", text: warning });
    return;
  }
  process.stdout.write(planText(prepared));
  if (remarks.length > 0) process.stdout.write(`${["About the labels:", ...named(remarks)].join("\n")}\n`);
  if (warning !== undefined) process.stdout.write(`${warning}\n`);
}

function planText({ path, plan: { config, reasons }, memory, time, resume }: PreparedRun): string {
  const rows = leaves(config).map(([key, value]) => [key, String(value), reasons[key] ?? ""]);
  const estimate = "at its peak, an estimate; `atelier inspect RUN` shows what of";
  rows.push(["memory", `about ${bytes(memory.total)}`, estimate], ["time", ...timeTexts(time)]);
  return `${resume ? "Going on with" : "Training in"} ${path}\n${table(rows)}`;
}

function timeTexts(time: TimeEstimate | undefined): readonly [value: string, reason: string] {
  if (time === undefined) return ["unknown", "it may not fit into the free memory, so its step was not timed"];
  return [`${roughly(time.total)} on this machine`, `an estimate, from ${significant(time.step)} s a step`];
}

/** Trains, showing what happens; Ctrl-C stops after the step, a second one at once. */
export async function showTraining(prepared: PreparedRun, json: boolean): Promise<void> {
  const view = trainingView(prepared, json);
  await untilInterrupted(
    () => view.stopping(),
    async (signal) => {
      for await (const event of startRun(prepared, signal)) view.show(event);
    },
  );
}

/** What shows the events of a run, and that it is about to stop. */
export interface EventView {
  show(event: TrainingEvent): void;
  stopping(): void;
}

/** Shows a run on the terminal, or its events as JSON, one a line. */
export function trainingView(prepared: PreparedRun, json: boolean): EventView {
  return json ? { show: print, stopping: () => {} } : new TrainingView(prepared);
}

function print(event: TrainingEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

class TrainingView implements EventView {
  readonly #progress = new Progress(process.stdout);
  readonly #prepared: PreparedRun;
  #begun = false;
  #scored = false;
  #heldOut = 0;
  #unlabelled = 0;
  /** The step that scored best in this session. */
  #best: number | undefined;

  constructor(prepared: PreparedRun) {
    this.#prepared = prepared;
  }

  stopping(): void {
    this.#progress.say(
      this.#begun
        ? "Stopping after this step; press Ctrl-C again to end at once, losing what is after the last checkpoint."
        : "Stopping; press Ctrl-C again to end at once.",
    );
  }

  show(event: TrainingEvent): void {
    const progress = this.#progress;
    switch (event.type) {
      case "plan":
        progress.say(planText(this.#prepared).trimEnd());
        break;
      case "notice":
        progress.say(event.text);
        break;
      case "preparing":
        progress.show(event.done, event.total, `preparing images: ${grouped(event.done)} of ${grouped(event.total)}`);
        break;
      case "start":
        this.#begun = true;
        this.#heldOut = event.heldOutImages;
        this.#unlabelled = event.trainImages - event.labelledImages;
        progress.clear();
        progress.say(startText(event));
        break;
      case "step": {
        // Losses first: what does not fit in the line is cut off.
        const shown = Object.entries(event.report).filter(([name]) => name !== "realSign");
        const ordered = shown.sort(([one], [other]) => rank(one) - rank(other));
        const report = ordered.map(([name, value]) => `${words(name)} ${value.toFixed(3)}`);
        const { steps } = this.#prepared.plan.config;
        const speed = `${duration(event.secondsLeft)} left  ${event.stepsPerSecond.toFixed(1)} steps/s`;
        progress.show(event.step, steps, [`step ${event.step}/${steps}`, speed, ...report].join("  "));
        break;
      }
      case "evaluation":
        if (event.best) this.#best = event.step;
        progress.say(`${evaluationText(event)}${this.#scored ? "" : directionOf(this.#prepared)}`);
        this.#scored = true;
        break;
      case "warning":
        progress.say(`Warning: step ${event.step}: ${event.text}\nhelp: ${event.help}`);
        break;
      case "recovery":
        progress.say(recoveryText(event));
        break;
      case "samples":
      case "checkpoint":
        break;
      case "end":
        progress.clear();
        progress.say(
          this.#begun
            ? endText(event, this.#prepared, { best: this.#best, heldOut: this.#heldOut, unlabelled: this.#unlabelled })
            : "Stopped while the images were prepared; nothing has been trained.",
        );
        break;
    }
  }
}

/** Broken files that are named on the terminal. */
const MOST_NAMED = 20;

function rank(name: string): number {
  return name.endsWith("Loss") ? 0 : 1;
}

/** `discriminatorLoss` as `discriminator loss`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The first of some lines, indented, and how many more there are. */
function named(lines: readonly string[]): readonly string[] {
  const more = lines.length - MOST_NAMED;
  const first = lines.slice(0, MOST_NAMED).map((line) => `  ${line}`);
  return more > 0 ? [...first, `  … and ${grouped(more)} more`] : first;
}

function startText({
  step,
  trainImages,
  heldOutImages,
  skipped,
  remarks,
  parameters,
}: Extract<TrainingEvent, { type: "start" }>): string {
  const images = `${counted(trainImages, "image")} to learn from, ${grouped(heldOutImages)} held out`;
  const lines = [
    `${images}; networks of ${counted(parameters, "parameter")}${step === 0 ? "" : `; going on after step ${step}`}`,
  ];
  if (skipped.length > 0) {
    lines.push(`Skipped ${counted(skipped.length, "broken file")} (all are in data-report.json):`);
    lines.push(...named(skipped.map(({ file, reason }) => `${file}: ${reason}`)));
  }
  if (remarks.length > 0) lines.push("About the labels (all in data-report.json):", ...named(remarks));
  return lines.join("\n");
}

/** `step 240: KID 0.0123 against training images, precision 61 %, recall 40 %; the best so far`. */
function evaluationText({ step, scores, best, reference }: Extract<TrainingEvent, { type: "evaluation" }>): string {
  const texts = scoreNames.flatMap((metric, place) => {
    const value = scores[metric];
    if (value === undefined) return [];
    // The classifier is always asked about held-out images; the pictures' scores come before its own.
    const isFirst = !scoreNames.slice(0, place).some((earlier) => scores[earlier] !== undefined);
    const against = isFirst && metric !== "own-classifier-error" && reference === "train";
    return `${metricName(metric)} ${scoreText(metric, value)}${against ? " against training images" : ""}`;
  });
  return `step ${step}: ${texts.join(", ")}${best ? "; the best so far" : ""}`;
}

/** ` (KID: lower is better)`: what makes a score the best. */
function directionOf({ plan }: PreparedRun): string {
  const { best } = plan.config.evaluation;
  return ` (${metricName(best)}: ${metricDescriptions[best].better} is better)`;
}

function recoveryText({ step, failedStep, reason, rateScale }: Extract<TrainingEvent, { type: "recovery" }>): string {
  const rates = `the learning rates are ${100 * rateScale} % of those configured from now on`;
  return `step ${failedStep}: ${reason}; going back to step ${step}, ${rates}`;
}

function endText(
  { outcome, early, step, seconds, classifier }: Extract<TrainingEvent, { type: "end" }>,
  { path: run, plan: { config } }: PreparedRun,
  {
    best,
    heldOut,
    unlabelled,
  }: { readonly best: number | undefined; readonly heldOut: number; readonly unlabelled: number },
): string {
  const files = new RunFolder(run);
  const first =
    outcome === "finished"
      ? `${early === undefined ? "Done" : "Ended early"}: ${counted(step, "step")} in ${duration(seconds)}.${early === undefined ? "" : ` ${early}`}`
      : `Stopped after step ${step}; a checkpoint is written.`;
  const next =
    outcome === "finished"
      ? [
          `  more pictures  npx atelier generate ${shellWord(run)} -n 16`,
          ...(config.classes === 0 || config.model === "feature-matching"
            ? []
            : [`  by class       npx atelier generate ${shellWord(run)} --by-class`]),
          ...(config.classes === 0 ? [] : [`  classify       npx atelier classify ${shellWord(run)} IMAGES`]),
          ...(config.classes === 0 || unlabelled === 0
            ? []
            : [`  what to label  npx atelier label-next ${shellWord(run)}`]),
          ...(!hasCoders(config) || heldOut === 0
            ? []
            : [`  reconstruct    npx atelier reconstruct ${shellWord(run)}`]),
          `  scores         npx atelier evaluate ${shellWord(run)}`,
        ]
      : [
          `  go on          npx atelier train ${[config.data].flat().map(shellWord).join(" ")} --out ${shellWord(run)} --resume`,
        ];
  const unknown = outcome === "finished" ? ": its error is not known, as no held-out image has a label" : "";
  return [
    first,
    `  pictures       ${files.sampleGrid(step)}`,
    `  report         ${files.report}`,
    `  model          ${files.generator}`,
    ...(config.classes === 0
      ? []
      : [`  classifier     ${files.classifier}${classifier ? `: ${errorText(classifier)}` : unknown}`]),
    ...(best === undefined || best === step
      ? []
      : [`  best score     ${files.bestGenerator}, the best of the steps that were scored (step ${best})`]),
    ...next,
  ].join("\n");
}
