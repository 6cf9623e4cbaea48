import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import {
  cacheLimit,
  defaultCacheFolder,
  diskSpace,
  type FeatureFileSubject,
  featureFileName,
  featuresFolderIn,
  featuresLimit,
  isFeatureFileName,
} from "../foundation/cache.ts";
import { messageOf } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { encodeNumbers, type Numbers, readNumbers } from "./number-file.ts";

/**
 * Numbers that took long to compute, kept as files in the cache folder by all that they depend on. What was used longest
 * ago is removed where they take more than a tenth of the cache's limit. A cache that cannot be read or written costs only
 * time, and a warning.
 */
export class NumberCache {
  readonly #folder: string;
  #hasWarned = false;

  constructor(cacheFolder: string = defaultCacheFolder()) {
    this.#folder = featuresFolderIn(cacheFolder);
  }

  /**
   * The numbers that were written under this key.
   * @param shape what is known of it; other shapes are not taken.
   */
  async read(
    subject: FeatureFileSubject,
    key: string,
    shape: readonly (number | undefined)[],
  ): Promise<Numbers | undefined> {
    const path = this.#path(subject, key);
    const numbers = await readNumbers(path, key, shape);
    const now = new Date();
    if (numbers !== undefined) await utimes(path, now, now).catch(() => {});
    return numbers;
  }

  async write(subject: FeatureFileSubject, key: string, numbers: Numbers): Promise<void> {
    try {
      const pieces = encodeNumbers(key, numbers);
      const bytes = pieces.reduce((total, { length }) => total + length, 0);
      const limit = featuresLimit(cacheLimit(await diskSpace(this.#folder)));
      if (bytes > limit) return;
      await makeFolder(this.#folder);
      await this.#makeRoom(limit - bytes);
      await writeFileWhole(this.#path(subject, key), pieces);
    } catch (cause) {
      this.#warn(messageOf(cause).split("\n", 1)[0] ?? "");
    }
  }

  #path(subject: FeatureFileSubject, key: string): string {
    return join(this.#folder, featureFileName(subject, key));
  }

  /** Removes what was used longest ago, until no more than `limit` bytes are left. */
  async #makeRoom(limit: number): Promise<void> {
    const names = (await readdir(this.#folder)).filter(isFeatureFileName);
    const files = await Promise.all(names.map((name) => this.#fileAt(join(this.#folder, name))));
    let total = files.flat().reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files.flat().sort((one, other) => one.used - other.used)) {
      if (total <= limit) return;
      await rm(path, { force: true });
      total -= size;
    }
  }

  /** None where another process has just removed it. */
  async #fileAt(path: string) {
    const found = await stat(path).catch(() => undefined);
    return found?.isFile() === true ? [{ path, size: found.size, used: found.mtimeMs }] : [];
  }

  #warn(reason: string): void {
    if (!this.#hasWarned) process.emitWarning(`features are not kept: ${reason}`, { code: "ATELIER_CACHE" });
    this.#hasWarned = true;
  }
}
