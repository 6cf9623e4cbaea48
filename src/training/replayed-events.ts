import { z } from "zod";
import type { TrainingEvent } from "./events.ts";

// The events that a run reads back from its own log: a resumed run is to warn, and to know its best score, as one that
// never stopped. (What the report reads, it reads loosely: see logged-events.ts.)

export type ReplayedEvent = Extract<TrainingEvent, { type: "step" | "evaluation" | "recovery" }>;

/** JSON writes a number that is not finite as null. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const numbers = z.record(z.string(), measured);

/** A return to a checkpoint, as it is logged. */
export const recoverySchema = z.object({
  type: z.literal("recovery"),
  step: z.number(),
  failedStep: z.number(),
  reason: z.string(),
  rateScale: z.number(),
});

/** A line of events.jsonl that is one of them. */
export const replayedEventSchema: z.ZodType<ReplayedEvent> = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("step"),
    step: z.number(),
    report: numbers,
    stepsPerSecond: measured,
    secondsLeft: measured,
    residentMemory: measured,
  }),
  z.object({
    type: z.literal("evaluation"),
    step: z.number(),
    scores: numbers,
    reference: z.enum(["heldOut", "train"]),
    generated: z.number(),
    real: z.number(),
    diversity: measured,
    trainGap: z.number().nullable(),
    best: z.boolean(),
    seconds: z.number(),
  }),
  recoverySchema,
]);
