import { execFile } from "node:child_process";
import { arch, execPath, platform } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { AtelierError, messageOf } from "../foundation/errors.ts";
import type { DeviceName } from "./device-names.ts";
import { loadEngine } from "./engine.ts";

/** What trying a device in a process of its own came to; `milliseconds` of a training step, where that was asked. */
export type Probe =
  | { readonly works: true; readonly milliseconds?: number }
  | { readonly works: false; readonly reason: string };

/** A device that needs longer for a few small steps, compilation of shaders included, is of no use. */
const LONGEST_MILLISECONDS = { works: 30_000, speed: 20_000 };

/** Tries a device in a process of its own: whether it works at all, or also how fast it trains. */
export async function tryDevice(name: DeviceName, question: "works" | "speed"): Promise<Probe> {
  const program = fileURLToPath(new URL("./probe-device.js", import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(execPath, [program, name, question], {
      timeout: LONGEST_MILLISECONDS[question],
      killSignal: "SIGKILL",
    });
    return probeOf(stdout.slice(stdout.lastIndexOf("\n") + 1));
  } catch (cause) {
    const late = cause instanceof Error && "killed" in cause && cause.killed === true;
    if (late) return { works: false, reason: `no answer in ${LONGEST_MILLISECONDS[question] / 1000} seconds of trial` };
    return { works: false, reason: `its driver failed: ${lastWords(messageOf(cause))}` };
  }
}

/** What the probing program printed at last; a driver may have printed before it. */
function probeOf(text: string): Probe {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null) return { works: false, reason: lastWords(text) };
  if ("reason" in parsed && typeof parsed.reason === "string") {
    return { works: false, reason: lastWords(parsed.reason) };
  }
  const timed = "milliseconds" in parsed && typeof parsed.milliseconds === "number";
  return timed ? { works: true, milliseconds: Number(parsed.milliseconds) } : { works: true };
}

/**
 * The device, once it is known to work; for `cpu`, `wasm` where only the WebAssembly build works.
 * @throws AtelierError (device) when it does not.
 */
export async function requireDevice(name: DeviceName): Promise<DeviceName> {
  if (name === "cpu" || name === "wasm") return (await loadEngine(name)).device;
  const probe = await tryDevice(name, "works");
  if (probe.works) return name;
  throw new AtelierError({
    kind: "device",
    where: `--device ${name}`,
    expected: `a working ${name} device`,
    received: probe.reason,
    help: `use --device cpu; \`atelier doctor\` shows what works on this machine (${platform} ${arch})`,
  });
}

/** The engine's messages lead from its source files to the cause: the end of the first line is what a reader needs. */
function lastWords(text: string): string {
  return text.split("\n", 1)[0]?.split(": ").at(-1)?.trim() ?? text;
}
