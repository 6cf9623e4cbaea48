import { type FileHandle, open } from "node:fs/promises";
import { readFileIfPresent, unwritable, writeFileWhole } from "../foundation/files.ts";
import type { TrainingEvent } from "./events.ts";
import { type ReplayedEvent, replayedEventSchema } from "./replayed-events.ts";

/** Where a run stands: what was logged beyond it is undone. */
export interface LogPosition {
  /** Steps that have been made. */
  readonly step: number;
  /** Times that the run has gone back to a checkpoint, see recovery.ts. */
  readonly recoveries: number;
}

/** `events.jsonl`: one event a line, appended as it happens. */
export class EventLog {
  readonly #path: string;
  #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens the log to append. Events beyond `position` (of a session that was killed after its last checkpoint) are
   * dropped first: the steps are made again, and the log reads as that of a run that never stopped.
   */
  static async open(path: string, position: LogPosition): Promise<EventLog> {
    await dropBeyond(path, position);
    return new EventLog(path, await openToAppend(path));
  }

  async append(event: TrainingEvent): Promise<void> {
    const line = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
    await this.#file.appendFile(line).catch((cause: unknown) => {
      throw unwritable(this.#path, cause);
    });
  }

  /** Drops the events beyond a position that the run goes back to; earlier recoveries stay. */
  async goBack(position: LogPosition): Promise<void> {
    await this.#file.close();
    await dropBeyond(this.#path, position);
    this.#file = await openToAppend(this.#path);
  }

  /** Those of the kept events that decide what the run does next, in order. */
  async kept(): Promise<readonly ReplayedEvent[]> {
    const lines = linesOf((await readFileIfPresent(this.#path))?.toString("utf8") ?? "");
    return lines.flatMap((line) => {
      const { data } = replayedEventSchema.safeParse(parsed(line));
      return data === undefined ? [] : [data];
    });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function openToAppend(path: string): Promise<FileHandle> {
  return await open(path, "a").catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}

async function dropBeyond(path: string, { step, recoveries }: LogPosition): Promise<void> {
  const earlier = await readFileIfPresent(path);
  if (earlier === undefined) return;
  // Recoveries stay, wherever the run went back to: as many as its checkpoint knows of. A kill may have come between the
  // event of one and its checkpoint; without the checkpoint it has not happened.
  let recoveriesLeft = recoveries;
  const kept = linesOf(earlier.toString("utf8")).filter((line) => {
    const event = parsed(line);
    if (typeof event !== "object" || event === null) return false;
    const type = "type" in event ? event.type : undefined;
    if (type === "recovery") return recoveriesLeft-- > 0;
    // The time of sessions counts, whether or not their steps were undone.
    if (type === "start" || type === "end") return true;
    return !("step" in event) || Number(event.step) <= step;
  });
  await writeFileWhole(path, kept.map((line) => `${line}\n`).join(""));
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** The value of a line; undefined for one that a kill cut short. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
