import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { AtelierError } from "../foundation/errors.ts";
import { readFileIfPresent, writeFileWhole } from "../foundation/files.ts";
import {
  type Config,
  commonSchema,
  leaves,
  type PartialConfig,
  parseConfig,
  parseJson,
  partialConfigSchema,
  sweepFile,
} from "../training/index.ts";

/** What a sweep was asked for; it is kept, so that variants which begin later are what they would have been. */
export interface SweepOrder {
  /** `key=a,b,c` for each key. */
  readonly sweeps: readonly string[];
  /** The configuration that all variants share, without the data. */
  readonly given: PartialConfig;
  readonly data: Config["data"];
  readonly minutes?: number | undefined;
}

const orderSchema = z.strictObject({
  sweeps: z.array(z.string()),
  given: z.unknown(),
  data: commonSchema.shape.data,
  minutes: z.number().positive().optional(),
});

/** The order of the sweep in a folder; undefined where there is none. @throws AtelierError (usage) when it is damaged. */
export async function readSweep(folder: string): Promise<SweepOrder | undefined> {
  const file = join(folder, sweepFile);
  const bytes = await readFileIfPresent(file);
  if (bytes === undefined) return undefined;
  const whereOf = (key: string) => (key === "" ? file : `${file}: ${key}`);
  const help = "the file was edited, or another version of Atelier made the sweep; start a new one";
  const order = parseConfig(orderSchema, parseJson(file, bytes.toString()), whereOf, help);
  return { ...order, given: parseConfig(partialConfigSchema, order.given, whereOf, help) };
}

/** Whether a folder is that of a sweep. */
export async function isSweep(folder: string | undefined): Promise<boolean> {
  return folder !== undefined && (await readSweep(folder)) !== undefined;
}

export async function writeSweep(folder: string, { sweeps, given, data, minutes }: SweepOrder): Promise<void> {
  const order = { sweeps, given, data, ...(minutes !== undefined && { minutes }) };
  await writeFileWhole(join(folder, sweepFile), `${JSON.stringify(order, null, 2)}\n`);
}

/**
 * What was asked for when a sweep goes on may be left out, and must not differ from what it began with.
 * @throws AtelierError (usage) that names what differs.
 */
export function assertSameSweep(folder: string, stored: SweepOrder, given: SweepOrder): void {
  const kept = new Map(leaves(stored.given));
  const differing = leaves(given.given).find(([key, value]) => !isDeepStrictEqual(kept.get(key), value))?.[0];
  const other =
    given.sweeps.length > 0 && !isDeepStrictEqual(given.sweeps, stored.sweeps)
      ? "--sweep"
      : given.minutes !== undefined && given.minutes !== stored.minutes
        ? "--minutes"
        : differing;
  if (other === undefined) return;
  throw new AtelierError({
    kind: "usage",
    where: `--resume ${folder}`,
    expected: "the options that the sweep began with, or none",
    received: `another ${other}`,
    help: `leave ${other} out, or start a new sweep with another --out`,
  });
}
