import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { defaultCacheFolder, engineFileName, engineFolderIn } from "../foundation/cache.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import type { Engine } from "./engine.ts";

const entries = z.record(z.string(), z.object({ form: z.string(), among: z.array(z.string()) }));

/** What timings depend on. */
export interface Machine {
  readonly processor: string;
  readonly device: string;
  readonly onnxruntime: string;
  readonly threads: number;
}

export function machineOf(engine: Engine, threads: number): Machine {
  const processor = `${process.arch} ${cpus()[0]?.model ?? "unknown"}`;
  return { processor, device: engine.device, onnxruntime: engine.version, threads };
}

/**
 * The fastest form of each convolution on one machine, by the convolution's key: a small JSON file in the cache folder.
 * A file that is damaged or cannot be read counts as none and is written anew; so is a choice that was made among other forms than there are.
 */
export class FormCache {
  readonly #file: string;
  readonly #machine: Machine;
  readonly #entries: Map<string, { readonly form: string; readonly among: readonly string[] }>;

  private constructor(file: string, machine: Machine, known: z.infer<typeof entries>) {
    this.#file = file;
    this.#machine = machine;
    this.#entries = new Map(Object.entries(known));
  }

  static async open(machine: Machine, cacheFolder = defaultCacheFolder()): Promise<FormCache> {
    const name = engineFileName("convolutions", machine.device, JSON.stringify(machine));
    const file = join(engineFolderIn(cacheFolder), name);
    return new FormCache(file, machine, parsed(await readFile(file, "utf8").catch(() => "{}")));
  }

  /** The remembered form, if the choice was among the same forms. */
  get(key: string, among: readonly string[]): string | undefined {
    const entry = this.#entries.get(key);
    const same = entry?.among.toSorted().join() === among.toSorted().join();
    return entry !== undefined && same && among.includes(entry.form) ? entry.form : undefined;
  }

  set(key: string, form: string, among: readonly string[]): void {
    this.#entries.set(key, { form, among });
  }

  /** A cache that cannot be written costs only the time of another timing. */
  async save(): Promise<void> {
    const sorted = [...this.#entries].toSorted(([left], [right]) => (left < right ? -1 : 1));
    const content = { machine: this.#machine, forms: Object.fromEntries(sorted) };
    try {
      await makeFolder(dirname(this.#file));
      await writeFileWhole(this.#file, `${JSON.stringify(content, undefined, 1)}\n`);
    } catch {
      // The folder is read-only, or the disk is full.
    }
  }
}

function parsed(text: string): z.infer<typeof entries> {
  try {
    const content: unknown = JSON.parse(text);
    const read = z.object({ forms: entries }).safeParse(content);
    return read.success ? read.data.forms : {};
  } catch {
    return {};
  }
}
