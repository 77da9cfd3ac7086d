import { MAX_SEQUENCE } from "./sequence.ts";

/**
 * Names of the files of a store. Names are made from numbers and never taken from a file's content.
 *
 *     MANIFEST       which segments and logs are live
 *     MANIFEST.tmp   the next manifest while it is written
 *     CHECKPOINT     empty; there while a checkpoint is written to the place, and after one that came to nothing
 *     REPAIR         empty; there while a repair is written to the place, and after one that came to nothing
 *     000007.log     a write-ahead log
 *     000008.seg     a segment
 */
export const MANIFEST_NAME = "MANIFEST";
export const MANIFEST_TEMPORARY_NAME = "MANIFEST.tmp";
export const CHECKPOINT_NAME = "CHECKPOINT";
export const REPAIR_NAME = "REPAIR";

/** What a file of a store is, read off its name. */
export interface FileName {
  readonly type: "manifest" | "temporary" | "mark" | "log" | "segment";
  /** The file number of a log or a segment; 0 for the others. */
  readonly number: number;
}

/** Name of the write-ahead log with this file number. */
export function logName(number: number): string {
  return `${padded(number)}.log`;
}

/** Name of the segment with this file number. */
export function segmentName(number: number): string {
  return `${padded(number)}.seg`;
}

/** What `name` stands for, or `undefined` for a file that is none of the engine's. */
export function parseFileName(name: string): FileName | undefined {
  if (name === MANIFEST_NAME) return { type: "manifest", number: 0 };
  if (name === MANIFEST_TEMPORARY_NAME) return { type: "temporary", number: 0 };
  if (name === CHECKPOINT_NAME || name === REPAIR_NAME) {
    return { type: "mark", number: 0 };
  }
  const match = /^(\d{6,16})\.(log|seg)$/.exec(name);
  if (match === null) return undefined;
  const number = Number(match[1]);
  if (number < 1 || number > MAX_SEQUENCE || padded(number) !== match[1]) {
    return undefined;
  }
  return { type: match[2] === "log" ? "log" : "segment", number };
}

function padded(number: number): string {
  return String(number).padStart(6, "0");
}
