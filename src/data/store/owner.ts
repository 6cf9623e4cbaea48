import { hash, randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { systemCodeOf } from "../../foundation/errors.ts";

/** A name's end that tells to which process a file or folder belongs: `MACHINE.PROCESS.RANDOM`. */
export function ownMark(): string {
  return `${machine()}.${process.pid}.${randomUUID().slice(0, 8)}`;
}

/**
 * Whether the process whose mark a path ends with has ended. That is known on the machine that it ran on; of a process of another one, which
 * shares the folder, it is believed when the path has not changed for longer than `patience`, in milliseconds.
 */
export async function isAbandoned(path: string, patience: number): Promise<boolean> {
  const [, owner, number] = /([0-9a-f]{8})\.(\d+)\.[0-9a-f]{8}$/.exec(path) ?? [];
  if (owner === machine() && number !== undefined) return !isAlive(Number(number));
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > patience;
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return !isZombie(id);
  } catch (cause) {
    // Not allowed to signal it: it is there, and another user's.
    return systemCodeOf(cause) === "EPERM";
  }
}

/** Whether a process has ended and only its parent has not taken note yet; where the system has no /proc that is not known. */
function isZombie(id: number): boolean {
  try {
    // The state follows the program's name, which is in brackets and may hold any character; see proc_pid_stat(5).
    return /\) [ZX] [^)]*$/.test(readFileSync(`/proc/${id}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Where a process's number means one process: a host, and in it a container, which has numbers of its own. */
function machine(): string {
  return hash("sha256", `${hostname()} ${processNamespace()}`).slice(0, 8);
}

function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
