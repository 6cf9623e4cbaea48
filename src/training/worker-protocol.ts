import { z } from "zod";
import type { ErrorDetails } from "../foundation/errors.ts";
import type { TrainingEvent } from "./events.ts";
import { planSchema } from "./run-folder.ts";

/** What the training worker is told at its start. */
export const jobSchema = z.strictObject({ path: z.string(), plan: planSchema, resume: z.boolean() });
export type Job = z.infer<typeof jobSchema>;

/** What the training worker says. It listens for one message of any content: stop. */
export type WorkerMessage =
  | { readonly type: "event"; readonly event: TrainingEvent }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly details: ErrorDetails };
