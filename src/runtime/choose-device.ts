import type { DeviceName } from "./device-names.ts";
import { type Probe, tryDevice } from "./devices.ts";

export interface DeviceChoice {
  readonly device: DeviceName;
  /** Why, in a line that begins with the device's name. */
  readonly reason: string;
}

const candidates = ["cpu", "webgpu", "cuda"] as const;

/**
 * The fastest device that works here. Each is tried in a process of its own; where several work, each times the same small
 * training step, one after another, which takes some seconds. `wasm` is chosen only where nothing else works.
 * @param probe tries one device; see {@link tryDevice}.
 */
export async function chooseDevice(
  probe: (name: DeviceName, question: "works" | "speed") => Promise<Probe> = tryDevice,
): Promise<DeviceChoice> {
  const found = await Promise.all(candidates.map(async (name) => ({ name, outcome: await probe(name, "works") })));
  const failures = found.flatMap(({ name, outcome }) => (outcome.works ? [] : [`${name}: ${outcome.reason}`]));
  const working = found.filter(({ outcome }) => outcome.works).map(({ name }) => name);
  if (working.length > 1) return fastest(working, failures, probe);
  const [device = "wasm"] = working;
  return { device, reason: onlyOne(device, failures) };
}

async function fastest(
  working: readonly DeviceName[],
  failures: readonly string[],
  probe: (name: DeviceName, question: "speed") => Promise<Probe>,
): Promise<DeviceChoice> {
  const timed: { readonly name: DeviceName; readonly milliseconds: number }[] = [];
  const failed = [...failures];
  // One after another: at the same time they would slow each other down.
  for (const name of working) {
    const outcome = await probe(name, "speed");
    if (!outcome.works) failed.push(`${name}: ${outcome.reason}`);
    else timed.push({ name, milliseconds: outcome.milliseconds ?? Number.POSITIVE_INFINITY });
  }
  const [best, second] = timed.toSorted((left, right) => left.milliseconds - right.milliseconds);
  if (best === undefined) return { device: "wasm", reason: onlyOne("wasm", failed) };
  if (second === undefined) return { device: best.name, reason: onlyOne(best.name, failed) };
  const ratio = second.milliseconds / best.milliseconds;
  const shown = ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0);
  return { device: best.name, reason: `${best.name}: ${shown} times the speed of ${second.name} in a short trial` };
}

function onlyOne(device: DeviceName, failures: readonly string[]): string {
  return `${device}: no other device works here (${failures.join("; ")})`;
}
