import { arch, platform } from "node:process";
import { InferenceSession } from "onnxruntime-node";
import { AtelierError, messageOf } from "../foundation/errors.ts";
import { input, negate, portable, writeOnnx } from "../graph/index.ts";

export const deviceNames = ["cpu", "webgpu", "cuda"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** Whether a device can be used here; if not, the engine's own words in one line. */
export type DeviceStatus = { readonly name: DeviceName } & (
  | { readonly available: true }
  | { readonly available: false; readonly reason: string }
);

/** Finds out whether the device works by running a one-node graph on it. */
export async function probeDevice(name: DeviceName): Promise<DeviceStatus> {
  if (name === "cpu") return { name, available: true };
  const { bytes } = writeOnnx({ y: negate(input("x", [1])) }, { target: portable });
  try {
    const session = await InferenceSession.create(bytes, { executionProviders: [name], logSeverityLevel: 4 });
    await session.release();
    return { name, available: true };
  } catch (cause) {
    return { name, available: false, reason: firstLine(messageOf(cause)) };
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

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.trim() ?? text;
}
