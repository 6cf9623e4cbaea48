import { z } from "zod";
import type { Incident, ReportEvaluation, ReportProgress, ReportStep } from "../export/index.ts";
import type { ClassifierError } from "./classifier-error.ts";
import { recoverySchema } from "./replayed-events.ts";

const measured = z.number().nullable().default(null);

/** A line of events.jsonl: what the report uses of every type of event. JSON writes a number that is not finite as null. */
const eventSchema = z.looseObject({
  type: z.string(),
  time: z.string().optional(),
  step: z.number().optional(),
  report: z.record(z.string(), z.number().nullable()).default({}),
  stepsPerSecond: measured,
  residentMemory: measured,
  parameters: z.number().optional(),
  outcome: z.enum(["finished", "stopped"]).optional(),
  early: z.string().optional(),
  classifier: z.object({ images: z.number(), wrong: z.number() }).optional().catch(undefined),
  seconds: z.number().optional(),
});

export type LoggedEvent = z.infer<typeof eventSchema>;

const evaluationSchema = z.object({
  type: z.literal("evaluation"),
  step: z.number(),
  scores: z.record(z.string(), z.number().nullable()),
  reference: z.enum(["heldOut", "train"]),
  generated: z.number(),
  real: z.number(),
  diversity: measured,
  trainGap: measured,
  best: z.boolean(),
});

const incidentSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("warning"), step: z.number(), text: z.string(), help: z.string() }),
  recoverySchema,
]);

/** The events of the log's whole lines: a kill may have cut the last one short. */
export function parseEvents(text: string): readonly LoggedEvent[] {
  return text.split("\n").flatMap((line) => {
    const { data } = eventSchema.safeParse(parsedOrUndefined(line));
    return data === undefined ? [] : [data];
  });
}

/** The event as a point of the curves; nothing where it is another event. */
export function stepOf({ type, step, report, stepsPerSecond, residentMemory }: LoggedEvent): readonly ReportStep[] {
  return type === "step" && step !== undefined ? [{ step, report, stepsPerSecond, residentMemory }] : [];
}

/** The event as scores at a step; nothing where it is another event. */
export function evaluationOf(event: LoggedEvent): readonly ReportEvaluation[] {
  const { data } = evaluationSchema.safeParse(event);
  return data === undefined ? [] : [data];
}

/** The event as something that went wrong; nothing where nothing did. */
export function incidentOf(event: LoggedEvent): readonly Incident[] {
  const { data } = incidentSchema.safeParse(event);
  if (data === undefined) return [];
  if (data.type === "warning") return [{ step: data.step, text: data.text, help: data.help }];
  const { step, failedStep, reason, rateScale } = data;
  const text = `The step failed: ${reason}. Training went back to step ${step}; since then all learning rates are ${rateScale} times those of the configuration.`;
  return [{ step: failedStep, text }];
}

/** What the last session that came to its end says of the classifier, unless the run has gone on since. */
export function classifierErrorOf(events: readonly LoggedEvent[]): ClassifierError | undefined {
  return events.findLast(({ step }) => step !== undefined)?.classifier;
}

/** How far the run came, in how much time. */
export function progressOf(events: readonly LoggedEvent[], planned: number): ReportProgress {
  const sessions: LoggedEvent[][] = [];
  for (const event of events) {
    if (event.type === "start") sessions.push([]);
    sessions.at(-1)?.push(event);
  }
  const end = sessions.at(-1)?.findLast(({ type }) => type === "end");
  const parameters = events.findLast(({ type }) => type === "start")?.parameters;
  return {
    made: events.findLast(({ step }) => step !== undefined)?.step ?? 0,
    planned,
    seconds: sessions.reduce((total, session) => total + secondsOf(session), 0),
    ...(parameters !== undefined && { parameters }),
    outcome: end?.outcome ?? "interrupted",
    ...(end?.early !== undefined && { early: end.early }),
  };
}

/** What a session's end says of its length; for one that was killed, the time from its first to its last event. */
function secondsOf(session: readonly LoggedEvent[]): number {
  const stated = session.findLast(({ type }) => type === "end")?.seconds;
  if (stated !== undefined) return stated;
  const times = session.map(({ time = "" }) => Date.parse(time)).filter(Number.isFinite);
  return ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
}

/** What a text holds as JSON; undefined where it is none. */
export function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
