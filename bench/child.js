// Runs programs that print one line of JSON, and watches their memory.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const EVERY_MILLISECONDS = 20;

/**
 * The JSON of a program's last line, and the largest resident memory that it ever had (Linux; else undefined).
 * @returns {Promise<{ result: any, peakMegabytes: number | undefined }>}
 */
export async function measure(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => {
    text += piece;
  });
  let peakMegabytes;
  // The kernel keeps the peak while the process lives: the last look before it ends is all that is needed.
  const watch = setInterval(() => {
    peakMegabytes = peakOf(child.pid) ?? peakMegabytes;
  }, EVERY_MILLISECONDS);
  const status = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  clearInterval(watch);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with status ${status}`);
  return { result: JSON.parse(text.trim().split("\n").at(-1)), peakMegabytes };
}

function peakOf(pid) {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1000);
  } catch {
    return undefined;
  }
}

export const median = (values) => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
