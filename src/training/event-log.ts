import { type FileHandle, open } from "node:fs/promises";
import { readFileIfPresent, unwritable, writeFileWhole } from "../foundation/files.ts";
import type { TrainingEvent } from "./events.ts";

/** `events.jsonl`: one event a line, appended as it happens. */
export class EventLog {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens the log to append. Events after step `from` (of a session that was killed after its last checkpoint) are
   * dropped first: the steps are made again, and the log reads as that of a run that never stopped.
   */
  static async open(path: string, from: number): Promise<EventLog> {
    const earlier = await readFileIfPresent(path);
    if (earlier !== undefined) await writeFileWhole(path, linesUpTo(earlier.toString("utf8"), from));
    const file = await open(path, "a").catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
    return new EventLog(path, file);
  }

  async append(event: TrainingEvent): Promise<void> {
    const line = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
    await this.#file.appendFile(line).catch((cause: unknown) => {
      throw unwritable(this.#path, cause);
    });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function linesUpTo(text: string, step: number): string {
  const kept = text.split("\n").filter((line) => line !== "" && (stepOf(line) ?? Number.POSITIVE_INFINITY) <= step);
  return kept.map((line) => `${line}\n`).join("");
}

/** The step of a logged event; undefined for a line that a kill cut short. */
function stepOf(line: string): number | undefined {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event === "object" && event !== null && "step" in event) return Number(event.step);
    return 0;
  } catch {
    return undefined;
  }
}
