import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { afterAll } from "vitest";
import { randomStream } from "../src/foundation/random.ts";

export interface Outcome {
  /** null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

/** A temporary folder, deleted after the tests of the file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-test-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the command line as a process, in `folder`, with the image cache in it. */
export function start(folder: string, ...words: readonly string[]): Running {
  const child = spawn(process.execPath, [resolve("bin/atelier.js"), ...words], {
    cwd: folder,
    env: { ...process.env, ATELIER_CACHE: join(folder, "cache") },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const outcome = new Promise<Outcome>((settle) => {
    child.on("close", (status) => settle({ status, ...output }));
  });
  return { child, outcome };
}

/** Runs the command line to its end. */
export function atelier(folder: string, ...words: readonly string[]): Promise<Outcome> {
  return start(folder, ...words).outcome;
}

/** Waits until a check is true; fails after 30 seconds. */
export async function until(check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 3000; tries++) {
    if (await check()) return;
    await new Promise((wake) => setTimeout(wake, 10));
  }
  throw new Error("waited 30 seconds in vain");
}

/** Writes `count` small colour pictures of discs on plain grounds to a new folder. */
export async function drawPictures(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < count; index++) {
    const random = randomStream(11, "picture", index);
    const colour = () => `rgb(${random.integer(256)},${random.integer(256)},${random.integer(256)})`;
    const disc = `<circle cx="${8 + random.integer(8)}" cy="${8 + random.integer(8)}" r="${4 + random.integer(5)}" fill="${colour()}"/>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><rect width="24" height="24" fill="${colour()}"/>${disc}</svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(folder, `picture-${index}.png`));
  }
}

/** The events in a run's events.jsonl. */
export async function eventsOf(run: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(join(run, "events.jsonl"), "utf8");
  return text
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line): Record<string, unknown> => JSON.parse(line));
}

/** A configuration that trains in seconds. */
export const tiny = ["--size", "16", "--batch", "8", "--set", "width=4", "--set", "latent=8"] as const;
