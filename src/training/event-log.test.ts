import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openSource } from "../data/index.ts";
import { planTraining } from "./defaults.ts";
import type { TrainingEvent } from "./events.ts";
import { Journal } from "./journal.ts";

const folder = await mkdtemp(join(tmpdir(), "atelier-events-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const { config } = await planTraining({ size: 16, channels: 3 }, await openSource("sample:flowers"));

const stepped = (step: number, report: Readonly<Record<string, number>> = {}): TrainingEvent => ({
  type: "step",
  step,
  report,
  stepsPerSecond: 10,
  secondsLeft: 1,
  residentMemory: 1,
});
const evaluated = (step: number, kid: number, best: boolean): TrainingEvent => ({
  type: "evaluation",
  step,
  scores: { kid },
  reference: "heldOut",
  generated: 100,
  real: 100,
  diversity: 1,
  trainGap: 0,
  best,
  seconds: 1,
});
const recovered = (step: number, rateScale: number): TrainingEvent => ({
  type: "recovery",
  step,
  failedStep: step + 5,
  reason: "loss was NaN",
  rateScale,
});

/** Opens a log where a session stands, and says what is shown of it. */
async function opened(name: string, step: number, recoveries: number) {
  const shown: TrainingEvent[] = [];
  const journal = await Journal.open(join(folder, name), config, { step, recoveries }, (event) => shown.push(event));
  return { journal, shown };
}

/** Type and step of every line of a log. */
async function linesOf(name: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, name), "utf8");
  return text.split("\n").flatMap((line) => {
    if (line === "") return [];
    const { type, step }: { readonly type: string; readonly step: number } = JSON.parse(line);
    return [`${type} ${step}`];
  });
}

describe("the journal of a run", () => {
  it("forgets what came after the step at which a run goes on, and knows the best score before it", async () => {
    const { journal } = await opened("resumed", 0, 0);
    for (const event of [stepped(10), evaluated(10, 0.5, true), evaluated(20, 0.6, false), evaluated(30, 0.1, true)]) {
      await journal.emit(event);
    }
    expect([journal.best?.score, journal.evaluated]).toEqual([0.1, 30]);
    await journal.close();
    await appendFile(join(folder, "resumed"), '{"type":"step","st');
    const { journal: later, shown } = await opened("resumed", 20, 0);
    expect([later.best?.score, later.evaluated, later.wentBackTo]).toEqual([0.5, 20, undefined]);
    expect(shown).toEqual([]);
    expect(await linesOf("resumed")).toEqual(["step 10", "evaluation 10", "evaluation 20"]);
    await later.close();
  });

  it("drops undone steps at once when the run goes back, and appends after them", async () => {
    const { journal } = await opened("back", 0, 0);
    for (const event of [stepped(10), evaluated(20, 0.5, true), stepped(30)]) await journal.emit(event);
    await journal.goBack({ step: 20, recoveries: 1 });
    await journal.emit(recovered(20, 0.5));
    await journal.emit(stepped(30));
    expect([journal.best?.score, journal.wentBackTo]).toEqual([0.5, 20]);
    expect(await linesOf("back")).toEqual(["step 10", "evaluation 20", "recovery 20", "step 30"]);
    // Farther back: what was undone is gone, that it was undone is not.
    await journal.goBack({ step: 10, recoveries: 2 });
    await journal.emit(recovered(10, 0.25));
    expect([journal.best?.score, journal.wentBackTo]).toEqual([undefined, 10]);
    await journal.close();
    expect(await linesOf("back")).toEqual(["step 10", "recovery 20", "recovery 10"]);
  });

  it("keeps the ends of sessions whose steps are undone, which say how long the run took", async () => {
    const { journal } = await opened("sessions", 0, 0);
    await journal.emit(stepped(10));
    await journal.emit({ type: "end", outcome: "stopped", step: 20, seconds: 5 });
    await journal.goBack({ step: 10, recoveries: 0 });
    await journal.close();
    expect(await linesOf("sessions")).toEqual(["step 10", "end 20"]);
  });

  it("has as many recoveries as the checkpoint that a run goes on from", async () => {
    const { journal } = await opened("killed", 0, 0);
    for (const event of [recovered(10, 0.5), stepped(20), recovered(20, 0.25)]) await journal.emit(event);
    await journal.close();
    const { journal: later } = await opened("killed", 20, 1);
    expect(later.wentBackTo).toBe(10);
    await later.close();
    expect(await linesOf("killed")).toEqual(["recovery 10", "step 20"]);
  });

  it("warns in a run that was stopped exactly where it warns in one that was not", async () => {
    const saturated = { discriminatorLoss: 0, generatorLoss: 20, realScore: 1, generatedScore: 0, realSign: 1 };
    const steps = Array.from({ length: 150 }, (_, index) => stepped(10 * (index + 1), saturated));
    const { journal: whole } = await opened("whole", 0, 0);
    for (const event of steps) await whole.emit(event);
    await whole.close();
    const warnings = (await linesOf("whole")).filter((line) => line.startsWith("warning"));
    expect(warnings.length).toBeGreaterThan(0);
    for (const stop of [100, 600, 1200]) {
      const name = `stopped-${stop}`;
      const { journal: first } = await opened(name, 0, 0);
      for (const event of steps.slice(0, stop / 10)) await first.emit(event);
      await first.close();
      const { journal: second } = await opened(name, stop, 0);
      for (const event of steps.slice(stop / 10)) await second.emit(event);
      await second.close();
      expect(await linesOf(name)).toEqual(await linesOf("whole"));
    }
  });
});
