import { execFile } from "node:child_process";
import { arch, execPath, platform } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { AtelierError, messageOf } from "../foundation/errors.ts";

export const deviceNames = ["cpu", "webgpu", "cuda"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** Whether a device can be used here; if not, the engine's own words in one line. */
export type DeviceStatus = { readonly name: DeviceName } & (
  | { readonly available: true }
  | { readonly available: false; readonly reason: string }
);

const PROBE_MILLISECONDS = 30_000;

/** Finds out whether the device works by trying it in a process of its own. */
export async function probeDevice(name: DeviceName): Promise<DeviceStatus> {
  if (name === "cpu") return { name, available: true };
  const program = fileURLToPath(new URL("./probe-device.js", import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(execPath, [program, name], { timeout: PROBE_MILLISECONDS });
    return stdout === "" ? { name, available: true } : { name, available: false, reason: lastWords(stdout) };
  } catch (cause) {
    return { name, available: false, reason: `its driver failed: ${lastWords(messageOf(cause))}` };
  }
}

/**
 * The device, once it is known to work.
 * @throws AtelierError (device) when it does not.
 */
export async function requireDevice(name: DeviceName): Promise<DeviceName> {
  const status = await probeDevice(name);
  if (status.available) return name;
  throw new AtelierError({
    kind: "device",
    where: `--device ${name}`,
    expected: `a working ${name} device`,
    received: status.reason,
    help: `use --device cpu; \`atelier doctor\` shows what works on this machine (${platform} ${arch})`,
  });
}

/** The engine's messages lead from its source files to the cause: the end of the first line is what a reader needs. */
function lastWords(text: string): string {
  return text.split("\n", 1)[0]?.split(": ").at(-1)?.trim() ?? text;
}
