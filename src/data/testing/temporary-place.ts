import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach } from "vitest";

/** A folder that is new for each test of the file, and gone after it. */
export class TemporaryPlace {
  #path = "";

  constructor(name: string) {
    beforeEach(async () => {
      this.#path = await mkdtemp(join(tmpdir(), `atelier-${name}-`));
    });
    afterEach(async () => {
      await rm(this.#path, { recursive: true });
    });
  }

  get path(): string {
    return this.#path;
  }

  /** Writes a file below it, with the folders that it needs. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    await mkdir(dirname(join(this.#path, name)), { recursive: true });
    await writeFile(join(this.#path, name), bytes);
  }
}
