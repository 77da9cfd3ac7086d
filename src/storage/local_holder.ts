import {
  closeSync,
  existsSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import process from "node:process";
import { codeOf } from "../errors.ts";
import { looksOf } from "./file_looks.ts";
import { createNew, openRegular } from "./local_io.ts";

/**
 * Tells people who has the store open, and who has it that nobody else does. The lock itself does
 * not depend on it.
 */
export const HOLDER_NAME = "HOLDER";
export const HOLDER_TEMPORARY_NAME = "HOLDER.tmp";

const MAX_HOLDER_BYTES = 512;
const UNKNOWN_HOLDER = "another engine";

/** What one holder has said, to tell it from what another says. */
export interface HolderMark {
  /** Where it was said. */
  readonly path: string;
  readonly text: string;
  /** How its file looks, which is looked at first: file systems may change that by themselves. */
  looks: string;
}

/**
 * Says in the folder that this process holds the lock. Best effort: answers `undefined` if that has
 * failed.
 */
export function writeHolder(folder: string): HolderMark | undefined {
  const holder = {
    runtime: runtimeName(),
    pid: process.pid,
    since: new Date().toISOString(),
    token: randomUUID(),
  };
  const text = JSON.stringify(holder);
  const temporary = join(folder, HOLDER_TEMPORARY_NAME);
  try {
    rmSync(temporary, { force: true });
    const fd = createNew(temporary);
    try {
      writeSync(fd, new TextEncoder().encode(text));
    } finally {
      closeSync(fd);
    }
    // Takes the place of a planted link as well, instead of writing through it.
    const path = join(folder, HOLDER_NAME);
    renameSync(temporary, path);
    return { path, text, looks: looksOf(path) };
  } catch {
    // A message that says less is all that is lost, and that a lost lock is noticed.
    return undefined;
  }
}

/**
 * Whether nobody has said anything since `writeHolder` answered with `mark`. Throws the error of
 * the system if that cannot be known.
 */
export function isHolder(mark: HolderMark): boolean {
  let looks: string;
  try {
    looks = looksOf(mark.path);
    if (looks === mark.looks) return true;
    if (readSmall(mark.path) !== mark.text) return false;
  } catch (error) {
    // A folder that is gone is another matter.
    const isMissing = codeOf(error) === "ENOENT";
    if (isMissing && existsSync(dirname(mark.path))) return false;
    throw error;
  }
  mark.looks = looks;
  return true;
}

/** Takes back what `writeHolder` has said. Best effort. */
export function removeHolder(
  folder: string,
  mark: HolderMark | undefined,
): void {
  try {
    if (mark !== undefined && !isHolder(mark)) return;
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
