import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defaultCacheFolder, engineFileName, engineFolderIn } from "../foundation/cache.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { graphicsSignature } from "./machine.ts";

/** Which operators a device has computed rightly on this machine: a small JSON file in the cache folder. */
export class PassedOperators {
  readonly #file: string;
  readonly #keys: Set<string>;

  private constructor(file: string, keys: readonly string[]) {
    this.#file = file;
    this.#keys = new Set(keys);
  }

  /** @param version of onnxruntime: another one begins a new list, as other graphics hardware does. */
  static async open(device: string, version: string, cacheFolder = defaultCacheFolder()): Promise<PassedOperators> {
    const name = engineFileName("operators", device, version, await graphicsSignature());
    const file = join(engineFolderIn(cacheFolder), name);
    return new PassedOperators(file, keysOf(await readFile(file, "utf8").catch(() => "[]")));
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string): void {
    this.#keys.add(key);
  }

  /** A cache that cannot be written costs only the time of another trial. */
  async save(): Promise<void> {
    try {
      await makeFolder(dirname(this.#file));
      await writeFileWhole(this.#file, `${JSON.stringify([...this.#keys].toSorted())}\n`);
    } catch {
      // The folder is read-only, or the disk is full.
    }
  }
}

/** A file that is damaged is as good as none. */
function keysOf(text: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter((key): key is string => typeof key === "string") : [];
  } catch {
    return [];
  }
}
