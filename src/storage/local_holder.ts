import {
  closeSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createNew, openRegular } from "./local_io.ts";

/** Tells people who has the store open. The lock does not depend on it. */
export const HOLDER_NAME = "HOLDER";
export const HOLDER_TEMPORARY_NAME = "HOLDER.tmp";

const MAX_HOLDER_BYTES = 512;
const UNKNOWN_HOLDER = "another engine";

/** Says in the folder that this process holds the lock. Best effort. */
export function writeHolder(folder: string): void {
  const holder = {
    runtime: runtimeName(),
    pid: process.pid,
    since: new Date().toISOString(),
  };
  const temporary = join(folder, HOLDER_TEMPORARY_NAME);
  try {
    rmSync(temporary, { force: true });
    const fd = createNew(temporary);
    try {
      writeSync(fd, new TextEncoder().encode(JSON.stringify(holder)));
    } finally {
      closeSync(fd);
    }
    // Takes the place of a planted link as well, instead of writing through it.
    renameSync(temporary, join(folder, HOLDER_NAME));
  } catch {
    // A message that says less is all that is lost.
  }
}

/** Takes back what `writeHolder` has said. Best effort. */
export function removeHolder(folder: string): void {
  try {
    unlinkSync(join(folder, HOLDER_NAME));
  } catch {
    // A message may name a holder of the past.
  }
}

/** Who holds the lock, in words, as far as the holder has said. */
export function describeHolder(folder: string): string {
  try {
    return holderInWords(readSmall(join(folder, HOLDER_NAME)));
  } catch {
    return UNKNOWN_HOLDER;
  }
}

function readSmall(path: string): string {
  const { fd } = openRegular(path);
  try {
    const bytes = new Uint8Array(MAX_HOLDER_BYTES);
    const length = readSync(fd, bytes, 0, bytes.length, 0);
    return new TextDecoder().decode(bytes.subarray(0, length));
  } finally {
    closeSync(fd);
  }
}

/** Anything may stand in the file: only what fits the pattern gets into a message. */
function holderInWords(json: string): string {
  const { runtime, pid, since } = JSON.parse(json) as Record<string, unknown>;
  if (
    typeof runtime !== "string" || !/^\w{1,20} [\w.+-]{1,60}$/.test(runtime) ||
    !Number.isSafeInteger(pid) ||
    typeof since !== "string" || !/^[\dT:.Z-]{1,30}$/.test(since)
  ) {
    return UNKNOWN_HOLDER;
  }
  return `${runtime}, process ${pid}, since ${since}`;
}

function runtimeName(): string {
  const { deno, bun, node } = process.versions;
  if (deno !== undefined) return `Deno ${deno}`;
  return bun !== undefined ? `Bun ${bun}` : `Node ${node}`;
}
