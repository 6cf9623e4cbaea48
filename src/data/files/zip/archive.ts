import { createHash } from "node:crypto";
import { open, realpath, stat } from "node:fs/promises";
import { messageOf, systemCodeOf } from "../../../foundation/errors.ts";

/** The bytes of an archive. A file is opened for each use and closed after it: nothing stays open while nobody reads. */
export interface Archive {
  /** In bytes. */
  readonly size: number;
  /** Changes whenever the bytes may have changed. */
  identity(): string;
  /** @throws Error with a short reason when the file cannot be opened or has changed since it was first seen. */
  open(): Promise<OpenArchive>;
}

export interface OpenArchive {
  /** Exactly so many bytes. @throws Error with a short reason when they do not lie inside the archive or cannot be read. */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

const outside = "its data would lie outside of the archive";

/** @throws the system's error when there is no such file. */
export async function archiveFile(path: string): Promise<Archive> {
  const real = await realpath(path);
  const seen = await stat(path);
  const identity = identityOf(seen);
  return {
    size: seen.size,
    identity: () => JSON.stringify([real, identity]),
    open: async () => await openFile(path, identity),
  };
}

async function openFile(path: string, identity: string): Promise<OpenArchive> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw unreadable(cause);
  });
  const { size, ...times } = await file.stat();
  if (identityOf({ size, ...times }) !== identity) {
    await file.close();
    throw new Error("the archive has changed since it was opened");
  }
  return {
    read: async (position, length) => {
      if (position + length > size) throw new Error(outside);
      const bytes = Buffer.allocUnsafe(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(bytes, done, length - done, position + done).catch((cause: unknown) => {
          throw unreadable(cause);
        });
        if (bytesRead === 0) throw new Error("the archive ends too early");
        done += bytesRead;
      }
      return bytes;
    },
    close: async () => await file.close(),
  };
}

/** The modification time changes with the content, the status time also when a program sets the former back. */
function identityOf({ size, mtimeMs, ctimeMs }: { size: number; mtimeMs: number; ctimeMs: number }): string {
  return JSON.stringify([size, mtimeMs, ctimeMs]);
}

function unreadable(cause: unknown): Error {
  return new Error(`the archive cannot be read (${systemCodeOf(cause) ?? messageOf(cause)})`, { cause });
}

/** An archive in memory, as it lies in another one. */
export function archiveBytes(content: Uint8Array): Archive {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  return {
    size: bytes.length,
    identity: () => createHash("sha256").update(bytes).digest("hex"),
    open: async () => ({
      read: async (position, length) => {
        if (position + length > bytes.length) throw new Error(outside);
        return bytes.subarray(position, position + length);
      },
      close: async () => {},
    }),
  };
}
